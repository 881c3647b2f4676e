"""`manage.py measure_pii`: how the detection of personal data and secrets does on the labelled texts."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from chat.guards.measure import TUNED_ON, Measure, measure, read_texts
from chat.guards.redaction import PII_CATEGORIES


class Command(BaseCommand):
    help = "Measures the detection of personal data and secrets on the labelled texts."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--wrong", action="store_true", help="also list what was missed or found wrongly")

    def handle(self, *args: Any, **options: Any) -> None:
        texts = read_texts()
        everything, held_back = measure(texts), measure(texts[TUNED_ON:])
        self._say(f"All {len(texts)} texts", everything)
        self._say(f"{len(texts) - TUNED_ON} held back from tuning", held_back)
        self.stdout.write(f"\n{'held back':<14}{'precision':>10}{'recall':>10}{'found':>8}{'missed':>8}{'false':>8}")
        for category in sorted(PII_CATEGORIES):
            shares = f"{held_back.precision(category):>10.1%}{held_back.recall(category):>10.1%}"
            counts = "".join(
                f"{counter[category]:>8}" for counter in (held_back.found, held_back.missed, held_back.false)
            )
            self.stdout.write(f"{category:<14}{shares}{counts}")
        if options["wrong"]:
            for one, missed, false in everything.wrong:
                for kind, spans in (("missed", missed), ("false", false)):
                    for start, end, name in sorted(spans):
                        self.stdout.write(f"{kind} {name} {one.text[start:end]!r} in {one.text!r}")

    def _say(self, name: str, found: Measure) -> None:
        self.stdout.write(f"{name:<28} precision {found.precision():6.1%}   recall {found.recall():6.1%}")
