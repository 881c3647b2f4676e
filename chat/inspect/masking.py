"""Takes keys out of what is shown of requests and errors. Nothing that we send holds one; people paste them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import orjson

from chat.guards.prefixes import PREFIXED_KEYS

MASK = "[key]"
# Of a shorter one, words would be taken for it.
KNOWN_KEY_MIN_CHARS = 8

_PREFIXED = re.compile(
    rf"""
    (?:(?<![A-Za-z0-9])|(?<=\\[nrt]))                               # not in a word, but after an escaped line break
    (?: {PREFIXED_KEYS}
    | eyJ[A-Za-z0-9_-]{{8,}}\.[A-Za-z0-9_-]{{8,}}\.[A-Za-z0-9_-]{{8,}}    # JSON Web Tokens
    )
    """,
    re.VERBOSE,
)
_CHAR = r"[A-Za-z0-9._~+/=-]"
# A word of the language follows `bearer` too: a token is long or has a digit.
_SCHEME = re.compile(rf"\b(bearer|basic)(\s+)(?:{_CHAR}{{20,}}|(?={_CHAR}*\d){_CHAR}{{8,}})", re.IGNORECASE)
_NAME = r"(?:x[-_])?(?:goog[-_])?(?:api[-_]?key|access[-_]?token|auth[-_]?token|refresh[-_]?token|client[-_]?secret)"
_NAMED = re.compile(rf"({_NAME}[\"']?\s*[:=]\s*[\"']?)(?!\[key\])[^\s\"'&,;]{{8,}}", re.IGNORECASE)
_IN_ADDRESS = re.compile(r"(https?://)(?!\[key\]@)[^\s/@\"'<>]+@", re.IGNORECASE)
_SECRET_NAME = re.compile(rf"{_NAME}|(?:proxy[-_])?authorization|secret|password|cookie", re.IGNORECASE)


def mask_keys(text: str, *, known: Iterable[str] = ()) -> str:
    """The text with `[key]` for each of the `known` keys and for whatever looks like one."""
    for key in sorted(known, key=len, reverse=True):
        if len(key) >= KNOWN_KEY_MIN_CHARS:
            text = text.replace(key, MASK)
    text = _PREFIXED.sub(MASK, text)
    text = _SCHEME.sub(rf"\1\2{MASK}", text)
    text = _NAMED.sub(rf"\1{MASK}", text)
    return _IN_ADDRESS.sub(rf"\1{MASK}@", text)


def masked_json(body: bytes, *, known: Iterable[str] = (), clean: Callable[[str], str] = str) -> str:
    """A JSON text, indented, with its keys masked; what stands under the name of a secret is masked whatever it is.
    `clean` is what each text goes through before.

    Raises: ValueError if it isn't JSON, or nested too deep to be shown.
    """
    keys = tuple(known)

    def mask(text: str) -> str:
        return mask_keys(clean(text), known=keys)

    try:
        return orjson.dumps(_masked(orjson.loads(body), mask), option=orjson.OPT_INDENT_2).decode()
    except (orjson.JSONDecodeError, orjson.JSONEncodeError, RecursionError) as exc:
        raise ValueError("not JSON that can be shown") from exc


def _masked(value: object, mask: Callable[[str], str]) -> object:
    match value:
        case str():
            return mask(value)
        case list():
            return [_masked(item, mask) for item in value]
        case dict():
            return {mask(name): _masked_field(name, field, mask) for name, field in value.items()}
        case _:
            return value


def _masked_field(name: str, value: object, mask: Callable[[str], str]) -> object:
    if isinstance(value, str) and value and _SECRET_NAME.fullmatch(name):
        return MASK
    return _masked(value, mask)
