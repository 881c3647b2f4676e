"""Numbers, money and dates as each language writes them, and reads them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.utils.formats import date_format, time_format
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from chat.attachments.words import refusal
from convoscope.numbers import number, percent, plain
from providers.budgets import renewal_words
from providers.money import parse_usd, typed_usd, usd

DAY = date(2026, 11, 29)


@pytest.mark.parametrize(
    ("value", "decimals", "english", "vietnamese"),
    [
        (0, None, "0", "0"),
        (999, None, "999", "999"),
        (1_234_567, None, "1,234,567", "1.234.567"),
        (1234.5, None, "1,234.5", "1.234,5"),
        (2.0, None, "2", "2"),
        (0.126, 2, "0.13", "0,13"),
        (-1234, None, "-1,234", "-1.234"),
    ],
)
def test_a_number_is_written(value: float, decimals: int | None, english: str, vietnamese: str) -> None:
    assert number(value, decimals) == english
    with override("vi"):
        assert number(value, decimals) == vietnamese


def test_a_share_is_written_in_whole_percents() -> None:
    assert [percent(share) for share in (0, 0.006, 0.126, 1)] == ["0%", "1%", "13%", "100%"]


@pytest.mark.parametrize(
    ("language", "typed", "read"),
    [
        ("en", "1,250.50", "1250.50"),
        ("en", "1250.5", "1250.5"),
        ("en", "2,50", "2,50"),
        ("en", ".5", ".5"),
        ("vi", "1.250,50", "1250.50"),
        ("vi", "2,50", "2.50"),
        ("vi", "2.50", "2.50"),
        ("vi", "0.125", "0.125"),
        ("vi", "1.250", "1250"),
        ("vi", "1,250.50", "1,250.50"),
    ],
)
def test_what_is_typed_is_read_as_the_language_writes_it(language: str, typed: str, read: str) -> None:
    with override(language):
        assert plain(typed) == read


@given(st.integers(0, 10**18), st.sampled_from(["en", "vi"]))
def test_an_amount_in_a_field_is_read_as_it_was_shown(nanousd: int, language: str) -> None:
    with override(language):
        assert parse_usd(typed_usd(Decimal(nanousd) / 10**9)) == nanousd


def test_money_is_written() -> None:
    with override("vi"):
        assert [usd(nanousd) for nanousd in (None, 0, 1, 4_300_000, 1_234_560_000_000)] == [
            "không rõ",
            "$0,00",
            "<$0,0001",
            "$0,0043",
            "$1.234,56",
        ]


def test_why_a_file_was_refused_has_its_numbers() -> None:
    with override("vi"):
        words = refusal("too_many_pages", {"pages": 1_200, "limit": 1_000}, name="a.pdf")
    assert words.startswith("“a.pdf” có 1.200 trang; giới hạn là 1.000.")


@pytest.mark.parametrize(
    ("kind", "english", "vietnamese"),
    [
        ("DATE_FORMAT", "29 November 2026", "29 tháng 11, 2026"),
        ("MONTH_DAY_FORMAT", "29 Nov", "29/11"),
        ("YEAR_MONTH_FORMAT", "November 2026", "tháng 11, 2026"),
    ],
)
def test_a_day_is_written(kind: str, english: str, vietnamese: str) -> None:
    assert date_format(DAY, kind) == english
    with override("vi"):
        assert date_format(DAY, kind) == vietnamese


def test_a_time_is_written_after_its_day() -> None:
    moment = datetime(2026, 11, 29, 19, 46, tzinfo=UTC)
    assert date_format(moment, "DATETIME_FORMAT") == "29 November 2026, 19:46"
    assert time_format(moment, "TIME_FORMAT") == "19:46"
    with override("vi"):
        assert date_format(moment, "DATETIME_FORMAT") == "29 tháng 11, 2026, 19:46"


def test_when_a_budget_renews_is_written() -> None:
    assert renewal_words(DAY) == "29 Nov at 00:00 UTC"
    with override("vi"):
        assert renewal_words(DAY) == "29/11 lúc 00:00 UTC"
