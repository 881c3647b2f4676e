"""The JSON objects of a file, one after the other: its root, or the elements of its root if that is a list.

The file is cut where one object ends and the next begins, and each is parsed on its own. So memory holds one
conversation at a time, whatever is nested in it was bounded before it was parsed, and a broken one spoils no other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from django.utils.translation import gettext as _

from convoscope.errors import ValidationFailed

OBJECT_MAX_BYTES = 32 * 2**20
MAX_DEPTH = 200
# Strings and brackets: what a parser makes of very small ones takes far more memory than their bytes.
OBJECT_MAX_TOKENS = 2_000_000
CHUNK_BYTES = 2**18
# Possessive, so that a string of any length is matched without memory of its steps.
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[\]{}"]', re.DOTALL)
_SPACE = b" \t\r\n"
_UTF8_MARK = b"\xef\xbb\xbf"


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Piece:
    """The `number`th object, counted from 1; `fault` says why there is no `value`."""

    number: int
    value: dict[str, Any]
    fault: str = ""


def pieces_of(file: Readable) -> Iterator[Piece]:
    """Raises: ValidationFailed where the file can't be read on, after all that stands before."""
    cutter = _Cutter(file)
    for number, raw in enumerate(cutter.objects(), 1):
        yield _parse(number, raw)


def _parse(number: int, raw: bytes) -> Piece:
    try:
        return Piece(number, json.loads(raw.decode("utf-8")))
    except UnicodeDecodeError:
        return Piece(number, {}, _("It isn't UTF-8 text."))
    except ValueError:
        # Also a number of thousands of digits
        return Piece(number, {}, _("It isn't valid JSON."))


class _Cutter:
    def __init__(self, file: Readable) -> None:
        self._file = file
        self._buffer = b""
        self._at = 0
        self._count = 0

    def objects(self) -> Iterator[bytes]:
        closing = self._opening()
        while True:
            mark = self._next_mark()
            if self._count and closing and mark == b",":
                self._at += 1
                mark = self._next_mark()
            elif self._count and mark not in (closing, b""):
                raise ValidationFailed(self._after(_("what follows isn't JSON")))
            if mark == closing:
                break
            if mark != b"{":
                raise ValidationFailed(self._after(_("the file ends too early")) if not mark else self._no_object())
            yield self._object()
            self._count += 1
        self._at += len(closing)
        if self._next_mark():
            raise ValidationFailed(self._after(_("something follows that doesn't belong to it")))

    def _opening(self) -> bytes:
        """What ends the list of objects: a bracket, or the end of the file after a single one."""
        self._more()
        if self._buffer[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in self._buffer[:4]:
            raise ValidationFailed(_("This file isn't UTF-8 text. Save it as UTF-8 and upload it again."))
        self._at = len(_UTF8_MARK) if self._buffer.startswith(_UTF8_MARK) else 0
        mark = self._next_mark()
        if mark not in (b"[", b"{"):
            raise ValidationFailed(_("This file isn't JSON."))
        self._at += mark == b"["
        return b"]" if mark == b"[" else b""

    def _object(self) -> bytes:
        """From here to the bracket that ends it."""
        at, depth, tokens = self._at, 0, 0
        while True:
            found = _TOKEN.search(self._buffer, at)
            # A lone quotation mark begins a string whose end wasn't read yet.
            if found is None or found[0] == b'"':
                at = (found.start() if found else len(self._buffer)) - self._at
                if len(self._buffer) - self._at > OBJECT_MAX_BYTES:
                    raise ValidationFailed(self._after(_("what comes is larger than 32 MB, which is the limit")))
                if not self._more():
                    raise ValidationFailed(self._after(_("the file ends in the middle of a conversation")))
                continue
            at, tokens = found.end(), tokens + 1
            depth += {b"{": 1, b"[": 1, b"}": -1, b"]": -1}.get(found[0], 0)
            if depth > MAX_DEPTH or tokens > OBJECT_MAX_TOKENS:
                raise ValidationFailed(self._after(_("what comes is nested too deep, or of too many parts")))
            if depth == 0:
                raw, self._at = self._buffer[self._at : at], at
                return raw

    def _next_mark(self) -> bytes:
        """The next character that isn't white space, empty at the end of the file."""
        while True:
            rest = self._buffer[self._at : self._at + CHUNK_BYTES].lstrip(_SPACE)
            if rest:
                self._at += len(self._buffer[self._at : self._at + CHUNK_BYTES]) - len(rest)
                return rest[:1]
            self._at = min(self._at + CHUNK_BYTES, len(self._buffer))
            if self._at == len(self._buffer) and not self._more():
                return b""

    def _more(self) -> bool:
        """Drops what is done and reads on, the more the longer the object is: a string is looked through anew."""
        rest = self._buffer[self._at :]
        chunk = self._file.read(max(CHUNK_BYTES, len(rest)))
        self._buffer, self._at = rest + chunk, 0
        return bool(chunk)

    def _no_object(self) -> str:
        return self._after(_("what stands there is no conversation"))

    def _after(self, what: str) -> str:
        if not self._count:
            return _("At its beginning: %(what)s.") % {"what": what}
        return _("After number %(count)s: %(what)s.") % {"count": self._count, "what": what}
