"""The text of a Word document, as plain Markdown: headings, lists, and a line for each row of a table. What a reader
doesn't see is left out: hidden text, white letters on white, and letters too small to be any."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from xml.parsers.expat import ExpatError, ParserCreate
from zipfile import BadZipFile, ZipFile

from chat.attachments.faults import Fault
from chat.attachments.texts import clean_text

# Of one part, unpacked: a book of a thousand pages takes a tenth of it.
PART_MAX_BYTES = 64 * 2**20
CHUNK_BYTES = 2**16
_PARTS = ("word/document.xml", "word/footnotes.xml", "word/endnotes.xml")
_NAMESPACES = (
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "http://purl.oclc.org/ooxml/wordprocessingml/main",
)
# What stands there a second time: a drawing's text for old readers; and, where changes are tracked, a text at the place
# that it was moved from, and how a paragraph was formatted before.
_FALLBACK = "http://schemas.openxmlformats.org/markup-compatibility/2006 Fallback"
_EARLIER = ("moveFrom", "pPrChange", "rPrChange")
# Text in white on what may be dark: in tables and boxes, and what is shaded or highlighted.
_BACKED = ("tc", "txbxContent")
_WHITE = ("FFFFFF", "white")
_LIGHT = (*_WHITE, "auto", "none", "clear", "nil")
_OFF = ("0", "false", "off")
# Half points, of which nobody reads a letter.
_LEAST_SIZE = 4
_HEADING = re.compile(r"heading ?([1-6])$", re.IGNORECASE)


# What zipfile and expat raise for what is no such file; the first for a way of packing that zipfile doesn't know
BROKEN = (NotImplementedError, BadZipFile, zlib.error, EOFError, ExpatError, OSError, ValueError)


def read_docx(path: Path, *, max_chars: int) -> str:
    """Raises: Fault."""
    try:
        with ZipFile(path) as archive:
            there = archive.namelist()
            texts = [_read_part(archive, name, max_chars) for name in _PARTS if name in there]
    except BROKEN as exc:
        raise Fault("damaged") from exc
    except RuntimeError as exc:
        # zipfile's word for a part that needs a password
        raise Fault("encrypted") from exc
    text = "\n\n".join(filter(None, texts))
    if not text:
        raise Fault("no_text")
    return text


def _read_part(archive: ZipFile, name: str, max_chars: int) -> str:
    if archive.getinfo(name).file_size > PART_MAX_BYTES:
        raise Fault("unpacked")
    page = _Page(max_chars)
    with archive.open(name) as part:
        # It gives no more than the size that was declared.
        while chunk := part.read(CHUNK_BYTES):
            page.parser.Parse(chunk, False)
    page.parser.Parse(b"", True)
    return page.text()


@dataclass(frozen=True, slots=True)
class _Run:
    """How letters look."""

    is_vanished: bool = False
    is_white: bool = False
    is_tiny: bool = False

    def with_look(self, word: str, value: str) -> _Run:
        match word:
            case "vanish":
                return replace(self, is_vanished=value not in _OFF)
            case "color":
                return replace(self, is_white=value in _WHITE)
            case _:
                return replace(self, is_tiny=value.isdigit() and int(value) <= _LEAST_SIZE)

    def is_hidden(self, *, on_dark: bool) -> bool:
        return self.is_vanished or self.is_tiny or (self.is_white and not on_dark)


class _Page:
    """Takes the text out of one part as it is parsed."""

    def __init__(self, max_chars: int) -> None:
        self._pieces: list[str] = []
        self._chars, self._max_chars = 0, max_chars
        self._in_text, self._skipped, self._cells = False, 0, 0
        # How deep it is in what may be dark behind white; whether the paragraph is; the run's looks.
        self._backed, self._is_shaded = 0, False
        self._run: _Run | None = None
        self.parser = ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.StartDoctypeDeclHandler = _refuse

    def text(self) -> str:
        return re.sub(r"\n{3,}", "\n\n", clean_text("".join(self._pieces))).strip()

    def _say(self, text: str) -> None:
        self._chars += len(text)
        if self._chars > self._max_chars:
            raise Fault("too_long", chars=self._chars, limit=self._max_chars)
        self._pieces.append(text)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        word = _word(name)
        self._skipped += bool(self._skipped) or name == _FALLBACK or word in _EARLIER
        if self._skipped:
            return
        self._backed += word in _BACKED
        match word:
            case "p":
                self._is_shaded = False
            case "r":
                self._run = _Run()
            case "vanish" | "color" | "sz" | "shd" | "highlight" | "background":
                self._look(word, attributes)
            case "t":
                on_dark = self._backed > 0 or self._is_shaded
                self._in_text = self._run is None or not self._run.is_hidden(on_dark=on_dark)
            # With attributes it is a place on the ruler.
            case "tab" if not attributes:
                self._say("\t")
            case "br" | "cr":
                self._say("\n")
            case "noBreakHyphen":
                self._say("-")
            case "pStyle":
                found = _HEADING.search(_value(attributes))
                self._say(f"{'#' * int(found[1])} " if found else "")
            case "numPr":
                self._say("- ")
            case "tc":
                self._cells += 1

    def _look(self, word: str, attributes: dict[str, str]) -> None:
        """Of a run, or what is behind it. How a paragraph's own mark looks is of no account."""
        is_dark = any(value not in _LIGHT for value in attributes.values())
        if word in ("shd", "highlight"):
            self._is_shaded = self._is_shaded or is_dark
        elif word == "background":
            self._backed += is_dark
        elif self._run is not None:
            self._run = self._run.with_look(word, _value(attributes))

    def _end(self, name: str) -> None:
        if self._skipped:
            self._skipped -= 1
            return
        self._backed -= _word(name) in _BACKED
        match _word(name):
            case "r":
                self._run = None
            case "t":
                self._in_text = False
            case "p":
                self._say(" " if self._cells else "\n")
            case "tc":
                self._cells -= 1
                self._say("| ")
            case "tr":
                self._say("\n")

    def _characters(self, text: str) -> None:
        if self._in_text and not self._skipped:
            self._say(text)


def _word(name: str) -> str:
    namespace, _space, local = name.rpartition(" ")
    return local if namespace in _NAMESPACES else ""


def _value(attributes: dict[str, str]) -> str:
    return next((value for name, value in attributes.items() if name.endswith(" val")), "")


def _refuse(*_args: object) -> None:
    """Word writes no document type; who does wants entities that grow or reach for other files."""
    raise Fault("damaged")
