"""`manage.py measure_attacks`: how the guards against attacks on the model do on the labelled texts."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from chat.guards.attacks.measure import PARTS, LabelledText, Measure, by, measure, read_texts


class Command(BaseCommand):
    help = "Measures the guards against attacks on the model on the labelled texts."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--wrong", action="store_true", help="also list the attacks missed and the false alarms")

    def handle(self, *args: Any, **options: Any) -> None:
        for name, path in PARTS.items():
            texts = read_texts(path)
            found = measure(texts)
            self.stdout.write(
                f"{name}: {found.detected:.1%} of {found.attacks} attacks detected, "
                f"{len(found.alarms)} of {found.harmless} harmless texts flagged ({found.false_alarms:.1%})"
            )
            self._say("by category", by(texts, lambda text: str(text.category)))
            self._say("by kind", by(texts, lambda text: text.kind))
            self._say("by language", by(texts, lambda text: text.language))
            if options["wrong"]:
                self._list(found)

    def _say(self, name: str, parts: dict[str, Measure]) -> None:
        listed = ", ".join(
            f"{part} {found.attacks - len(found.missed)}/{found.attacks}" for part, found in parts.items()
        )
        self.stdout.write(f"  {name}: {listed}")

    def _list(self, found: Measure) -> None:
        for text in found.missed:
            self.stdout.write(f"  missed ({_of(text)}): {text.text!r}")
        for text, finding in found.alarms:
            said = text.text[finding.start : finding.end]
            self.stdout.write(f"  false alarm ({_of(text)}), {finding.category} by {finding.rule}: {said!r}")


def _of(text: LabelledText) -> str:
    return f"{text.kind}, {text.language}, {text.place}"
