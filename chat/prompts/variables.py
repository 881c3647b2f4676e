"""Places in a prompt that are filled in when it is used: `{{name}}`, or `{{name:what stands there at first}}`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

NAME_MAX_CHARS = 50
# Neither part holds a brace, so that what isn't closed is passed over at the next one.
_PLACE = re.compile(r"\{\{([^{}:]*)(?::([^{}]*))?\}\}")


@dataclass(frozen=True, slots=True)
class Variable:
    """What a place asks for."""

    name: str
    default: str


def is_name(text: str) -> bool:
    """Letters and digits of any script, `-` and `_`. Marks belong to the letters of many scripts."""
    return 0 < len(text) <= NAME_MAX_CHARS and all(
        character in "-_" or unicodedata.category(character) == "Nd" or unicodedata.category(character)[0] in "LM"
        for character in text
    )


def variables_of(text: str) -> list[Variable]:
    """Each once, in the order of the text, with the first default that any of its places gives."""
    found: dict[str, str] = {}
    for variable in _places(text):
        found[variable.name] = found.get(variable.name) or variable.default
    return [Variable(name, default) for name, default in found.items()]


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put the values in their places. What has none, and everything else, stays as it is."""

    def value(place: re.Match[str]) -> str:
        return values.get(place[1].strip(), place[0])

    return _PLACE.sub(value, text)


def _places(text: str) -> Iterator[Variable]:
    for place in _PLACE.finditer(text):
        name = place[1].strip()
        if is_name(name):
            yield Variable(name, (place[2] or "").strip())
