"""The shape of an entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from accounts.models import User


@dataclass(frozen=True, slots=True)
class Due:
    """`about` tells the entries of one task apart."""

    task: str
    make: Callable[[User], tuple[str, ...]]
    state: Callable[[], object]
    again: tuple[str, ...] = ()
    about: str = ""

    def __str__(self) -> str:
        return f"{self.task.partition('.')[0]} {self.task.rpartition('.')[2]} {self.about}".strip()
