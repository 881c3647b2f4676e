"""`manage.py measure_auto`: how the auto model's rules, as they are set here, do on the labelled questions."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from providers.routing.auto import rules_in_force
from providers.routing.measure import CLASSES, TUNED_ON, Measure, measure, read_questions


class Command(BaseCommand):
    help = "Measures the auto model's rules, as they are set here, on the labelled questions."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--wrong", action="store_true", help="also list the questions that got another class")

    def handle(self, *args: Any, **options: Any) -> None:
        questions, rules = read_questions(), rules_in_force()
        everything = measure(questions, rules)
        self._say("All questions", everything)
        self._say("Held back from tuning", measure(questions[TUNED_ON:], rules))
        for language in ("en", "vi"):
            self._say(f"In {language}", measure([one for one in questions if one.language == language], rules))
        self.stdout.write(f"\n{'expected / chosen':<18}" + "".join(f"{name:>10}" for name in CLASSES))
        for expected in CLASSES:
            counts = "".join(f"{everything.confusion[expected, chosen]:>10}" for chosen in CLASSES)
            self.stdout.write(f"{expected:<18}{counts}")
        if options["wrong"]:
            for question, chosen in everything.wrong:
                self.stdout.write(f"{question.expected} ({question.why}), not {chosen}: {question.question}")

    def _say(self, name: str, found: Measure) -> None:
        recalls = ", ".join("{} {}/{}".format(one, *found.recall(one)) for one in CLASSES)
        self.stdout.write(f"{name:<22} {found.accuracy:6.1%} of {found.asked:>3}   ({recalls})")
