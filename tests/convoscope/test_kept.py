"""What processes keep of rows: for how long, and what becomes of a reading that a change overtakes."""

from __future__ import annotations

import time

import pytest

from convoscope.kept import Kept


class Rows:
    """`number` stands for what they say; `meanwhile` happens after they were read."""

    def __init__(self) -> None:
        self.number = 1
        self.readings = 0
        self.told: list[int] = []
        self.kept = Kept(self.read, seconds=5.0, on_kept=self.told.append)
        self.meanwhile: list[int] = []

    def read(self) -> int:
        self.readings += 1
        found = self.number
        if self.meanwhile:
            self.change(self.meanwhile.pop())
            # Somebody else reads in between, and has the new ones.
            self.kept.get()
        return found

    def change(self, number: int) -> None:
        self.number = number
        self.kept.forget()


@pytest.fixture
def rows() -> Rows:
    return Rows()


def test_they_are_read_once_in_so_many_seconds(rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now_s)
    assert [rows.kept.get(), rows.kept.get()] == [1, 1]
    rows.number = 2
    now_s += 4.9
    assert rows.kept.get() == 1
    now_s += 0.1
    assert rows.kept.get() == 2
    assert (rows.readings, rows.told) == (2, [1, 2])


def test_whoever_changes_them_here_sees_it_at_once(rows: Rows) -> None:
    rows.kept.get()
    rows.change(2)
    assert rows.kept.get() == 2


def test_they_are_read_again_on_request(rows: Rows) -> None:
    rows.kept.get()
    rows.number = 2
    assert [rows.kept.read(), rows.kept.get()] == [2, 2]


def test_what_was_read_before_a_change_is_not_kept_after_it(rows: Rows) -> None:
    rows.meanwhile = [2]
    assert rows.kept.get() == 1
    assert rows.kept.get() == 2
    assert rows.told == [2]
