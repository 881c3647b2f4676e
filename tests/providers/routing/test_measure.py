"""The labelled questions: whole, and answered by the right class nine times of ten."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from io import StringIO

import pytest
from django.core.management import call_command

from providers.routing.auto import rules_in_force
from providers.routing.measure import CLASSES, TUNED_ON, LabelledQuestion, measure, read_questions

AT_LEAST = 0.9


def test_there_are_two_hundred_questions_of_every_kind() -> None:
    questions = read_questions()

    assert len(questions) == 200
    assert len({one.question for one in questions}) == 200
    assert all(one.why and one.question.strip() for one in questions)
    for half in (questions[:TUNED_ON], questions[TUNED_ON:]):
        kinds = Counter((one.language, one.expected) for one in half)
        assert set(kinds) == {(language, model_class) for language in ("en", "vi") for model_class in CLASSES}
        assert min(kinds.values()) >= 10


def test_nine_of_ten_get_their_class() -> None:
    assert measure(read_questions(), rules_in_force()).accuracy >= AT_LEAST


def test_so_do_those_that_were_held_back() -> None:
    assert measure(read_questions()[TUNED_ON:], rules_in_force()).accuracy >= AT_LEAST


def test_none_gets_a_class_that_is_far_off() -> None:
    confusion = measure(read_questions(), rules_in_force()).confusion

    assert confusion["economy", "premium"] == confusion["premium", "economy"] == 0


def test_a_wrong_answer_is_counted_as_such() -> None:
    questions = [
        LabelledQuestion("Hi!", "en", "economy", "a greeting"),
        LabelledQuestion("Hi there!", "en", "premium", "mislabelled"),
    ]

    found = measure(questions, rules_in_force())

    assert found.accuracy == pytest.approx(0.5)
    assert found.wrong == ((questions[1], "economy"),)
    assert (found.recall("economy"), found.recall("premium")) == ((1, 1), (0, 1))


def test_other_classes_of_the_operator_do_not_change_the_figure() -> None:
    rules = rules_in_force()

    assert measure(read_questions(), replace(rules, work_class="standard")) == measure(read_questions(), rules)


def test_the_command_says_how_the_rules_do() -> None:
    out = StringIO()

    call_command("measure_auto", "--wrong", stdout=out)

    said = out.getvalue()
    accuracy = measure(read_questions(), rules_in_force()).accuracy
    assert f"{accuracy:.1%} of 200" in said
    assert "expected / chosen" in said
    assert said.count(", not ") == len(measure(read_questions(), rules_in_force()).wrong)
