"""Trees that are known by the parent of each of their nodes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

T = TypeVar("T")


def downwards(parents: Mapping[T, T | None]) -> Iterator[T]:
    """Each after its parent, siblings in the order given. What hangs on nothing that is there is left out."""
    below: dict[T | None, list[T]] = {}
    for one, parent in parents.items():
        below.setdefault(parent, []).append(one)
    waiting = below.get(None, [])[::-1]
    while waiting:
        one = waiting.pop()
        yield one
        waiting.extend(below.get(one, [])[::-1])
