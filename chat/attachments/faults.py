"""Why a file can't be taken, as the reading process says it. The words for people are in `words.py`."""

from __future__ import annotations

from typing import Literal, TypeAlias

FaultName: TypeAlias = Literal[
    "damaged",
    "encrypted",
    "encoding",
    "no_text",
    "too_large",
    "too_long",
    "too_many_pages",
    "too_many_pixels",
    "too_slow",
    "type",
    "unpacked",
]


class Fault(Exception):
    """`detail` completes the words, such as what the file is. Seen by who attached it, in the words for its name."""

    def __init__(self, name: FaultName, **detail: str | int) -> None:
        super().__init__(name)
        self.name = name
        self.detail = detail
