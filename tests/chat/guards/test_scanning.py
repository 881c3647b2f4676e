"""Texts that are sent again and again are looked through once, and long ones as short ones are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.guards import scanning
from chat.guards.pii import find_pii
from chat.guards.scanning import Scans, find_in_pieces
from tests.chat.guards.pieces import PII_TEXTS

EMAIL = "jo.smith@example.org"


@given(st.lists(PII_TEXTS, max_size=6).map("".join), st.integers(1, 60))
def test_in_pieces_as_at_once(text: str, piece: int) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(scanning, "PIECE_CHARS", piece)

        assert find_in_pieces(text) == find_pii(text)


def test_a_text_is_looked_through_once() -> None:
    scans = Scans()
    found = scans.find(f"Write to {EMAIL}")

    assert [one.category for one in found] == ["email"]
    assert scans.find(f"Write to {EMAIL}") is found


def test_what_is_remembered_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "KEPT_TEXTS", 3)
    monkeypatch.setattr(scanning, "KEPT_FINDINGS", 2)
    scans = Scans()
    for number in range(5):
        scans.find(f"Write to {number}@example.org")
        scans.find(f"Write to nobody {number}")

    assert len(scans._found) == 3
    assert scans._findings == sum(map(len, scans._found.values())) <= 2
