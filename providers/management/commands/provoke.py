"""`manage.py provoke FAULT`: rehearse a failure of a provider, and see what the gateway makes of it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from providers.rehearsal import FAULTS, rehearse


class Command(BaseCommand):
    help = "Rehearses a failure of a provider against a server on loopback. Nothing is stored."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("fault", choices=sorted(FAULTS), help="what the provider does")
        parser.add_argument("--alone", action="store_true", help="without another model that could stand in")

    def handle(self, *args: Any, **options: Any) -> None:
        outcome = rehearse(options["fault"], with_stand_in=not options["alone"])
        for step in outcome.steps:
            self.stdout.write(f"{step.seconds:>9}  {step.words}")
            if step.detail:
                self.stdout.write(f"            {step.detail}")
        self.stdout.write(f"\nShown: {outcome.text or '(nothing)'}")
        if outcome.error:
            raise CommandError(outcome.error)
