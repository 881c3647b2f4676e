"""The labelled texts: whole, and found as well as promised."""

from __future__ import annotations

from collections import Counter
from io import StringIO

import pytest
from django.core.management import call_command

from chat.guards.measure import TUNED_ON, LabelledText, measure, read_texts
from chat.guards.redaction import PII_CATEGORIES

AT_LEAST = 0.97
AT_LEAST_OF_EACH = 0.9


def test_there_are_five_hundred_texts_of_every_kind() -> None:
    texts = read_texts()

    assert len({one.text for one in texts}) == len(texts) >= 500
    for half in (texts[:TUNED_ON], texts[TUNED_ON:]):
        counts = Counter(category for one in half for _, _, category in one.spans)
        assert set(counts) == PII_CATEGORIES
        assert sum(not one.spans for one in half) >= 60
        assert len({one.language for one in half}) >= 8
    assert all(0 <= start < end <= len(one.text) for one in texts for start, end, _ in one.spans)


def test_of_those_held_back_nearly_all_are_found_and_hardly_anything_else() -> None:
    held_back = measure(read_texts()[TUNED_ON:])

    assert held_back.precision() >= AT_LEAST
    assert held_back.recall() >= AT_LEAST


@pytest.mark.parametrize("category", sorted(PII_CATEGORIES))
def test_so_it_is_of_each_kind(category: str) -> None:
    held_back = measure(read_texts()[TUNED_ON:])

    assert held_back.precision(category) >= AT_LEAST_OF_EACH  # type: ignore[arg-type]
    assert held_back.recall(category) >= AT_LEAST_OF_EACH  # type: ignore[arg-type]


def test_what_is_wrong_is_counted_as_such() -> None:
    texts = [
        LabelledText("Write to jo@example.org", "en", frozenset({(9, 23, "email")})),
        LabelledText("Write to jo@example.org", "en", frozenset({(9, 22, "email")})),
        LabelledText("Nothing", "en", frozenset()),
    ]

    found = measure(texts)

    assert (found.precision(), found.recall()) == (0.5, 0.5)
    assert (found.precision("phone"), found.recall("phone")) == (1.0, 1.0)
    assert found.wrong == ((texts[1], frozenset({(9, 22, "email")}), frozenset({(9, 23, "email")})),)


def test_the_command_says_how_it_does() -> None:
    out = StringIO()

    call_command("measure_pii", "--wrong", stdout=out)

    said = out.getvalue()
    held_back = measure(read_texts()[TUNED_ON:])
    assert f"precision {held_back.precision():6.1%}   recall {held_back.recall():6.1%}" in said
    assert all(category in said for category in PII_CATEGORIES)
    assert said.count("false ") >= held_back.false.total()
