"""`manage.py sync_models`: asks the endpoints that are on for their models, and says what is new, known and gone."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from providers.catalog import Endpoint as KnownEndpoint
from providers.configured import configured_endpoints, effective_catalog
from providers.contract import EndpointConfig
from providers.errors import ProviderError
from providers.registry import OFFLINE
from providers.syncing import Comparison, ask_for_models, take_comparison
from providers.trial import in_words


class Command(BaseCommand):
    help = "Asks the endpoints that are on for their lists of models, and says which are new, known and gone."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--endpoint", action="append", default=[], help="this one only; may be given again")
        parser.add_argument(
            "--add",
            action="store_true",
            help="store what is new, with an unknown price and cautious limits, and mark what is gone",
        )
        parser.add_argument("--dry-run", action="store_true", help="with --add: store nothing, only say what would be")

    def handle(self, *args: Any, **options: Any) -> None:
        failed = []
        for endpoint in _asked(options["endpoint"]):
            try:
                comparison = ask_for_models(endpoint)
            except ProviderError as error:
                failed.append(endpoint.name)
                self.stderr.write(f"{endpoint.name}: {in_words(error, endpoint, '')}")
                continue
            self._say(endpoint.name, comparison)
            if options["add"]:
                self._add(effective_catalog().endpoints[endpoint.name], comparison, is_dry=options["dry_run"])
        if failed:
            raise CommandError(f"{', '.join(failed)} could not be asked; the others are done.")

    def _say(self, name: str, comparison: Comparison) -> None:
        counts = f"{len(comparison.new)} new, {len(comparison.known)} known, {len(comparison.gone)} gone"
        self.stdout.write(f"{name}: {counts}")
        for model_id in comparison.new:
            self.stdout.write(f"  new   {model_id}")
        for model_id in comparison.gone:
            self.stdout.write(f"  gone  {model_id}")

    def _add(self, known: KnownEndpoint, comparison: Comparison, *, is_dry: bool) -> None:
        if is_dry:
            self.stdout.write(f"  would add {len(comparison.new)} and mark {len(comparison.gone)} as gone")
            return
        added = take_comparison(known, comparison)
        self.stdout.write(f"  added {added}, marked {len(comparison.gone)} as gone")


def _asked(names: list[str]) -> list[EndpointConfig]:
    """Raises: CommandError for one that is off or unknown."""
    on = {endpoint.name: endpoint for endpoint in configured_endpoints() if endpoint.name != OFFLINE.name}
    if unknown := [name for name in names if name not in on]:
        raise CommandError(f"{', '.join(unknown)} is not on. On are: {', '.join(on) or 'none'}.")
    if not on:
        raise CommandError("No endpoint is on. Set a key, or add one under Providers.")
    return [on[name] for name in dict.fromkeys(names)] or list(on.values())
