"""The text of a Word document, as plain Markdown: headings, lists, and a line for each row of a table. What a reader
doesn't see is left out: hidden text, white letters on white, and letters too small to be any."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from xml.parsers.expat import ExpatError
from zipfile import BadZipFile, ZipFile

from chat.attachments.docx_styles import (
    EARLIER,
    LOOKS,
    Look,
    Styles,
    is_dark,
    parse_part,
    parser_of,
    read_styles,
    value_of,
    word_of,
)
from chat.attachments.faults import Fault
from chat.attachments.texts import clean_text

_PARTS = ("word/document.xml", "word/footnotes.xml", "word/endnotes.xml")
# What stands there a second time: a drawing's text for old readers
_FALLBACK = "http://schemas.openxmlformats.org/markup-compatibility/2006 Fallback"
# Text in white on what may be dark: in tables and boxes, and what is shaded or highlighted.
_BACKED = ("tc", "txbxContent")
_HEADING = re.compile(r"heading ?([1-6])$", re.IGNORECASE)


# What zipfile and expat raise for what is no such file; the first for a way of packing that zipfile doesn't know
BROKEN = (NotImplementedError, BadZipFile, zlib.error, EOFError, ExpatError, OSError, ValueError)


def read_docx(path: Path, *, max_chars: int) -> str:
    """Raises: Fault."""
    try:
        with ZipFile(path) as archive:
            styles, there = read_styles(archive), archive.namelist()
            texts = [_read_part(archive, name, styles, max_chars) for name in _PARTS if name in there]
    except BROKEN as exc:
        raise Fault("damaged") from exc
    except RuntimeError as exc:
        # zipfile's word for a part that needs a password
        raise Fault("encrypted") from exc
    text = "\n\n".join(filter(None, texts))
    if not text:
        raise Fault("no_text")
    return text


def _read_part(archive: ZipFile, name: str, styles: Styles, max_chars: int) -> str:
    page = _Page(styles, max_chars)
    parse_part(archive, name, page.parser)
    return page.text()


@dataclass(slots=True)
class _Paragraph:
    style: str = ""
    is_shaded: bool = False


@dataclass(slots=True)
class _Run:
    style: str = ""
    look: Look = field(default_factory=Look)


class _Page:
    """Takes the text out of one part as it is parsed."""

    def __init__(self, styles: Styles, max_chars: int) -> None:
        self._styles = styles
        self._pieces: list[str] = []
        self._chars, self._max_chars = 0, max_chars
        self._in_text, self._skipped, self._cells = False, 0, 0
        # How deep it is in what may be dark behind white
        self._backed = 0
        # Those it is in, the outer first: in a run there may be a box with paragraphs. Tables by their styles.
        self._paragraphs: list[_Paragraph] = []
        self._runs: list[_Run] = []
        self._tables: list[str] = []
        self.parser = parser_of(self)

    def text(self) -> str:
        return re.sub(r"\n{3,}", "\n\n", clean_text("".join(self._pieces))).strip()

    def _say(self, text: str) -> None:
        self._chars += len(text)
        if self._chars > self._max_chars:
            raise Fault("too_long", chars=self._chars, limit=self._max_chars)
        self._pieces.append(text)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        word = word_of(name)
        self._skipped += bool(self._skipped) or name == _FALLBACK or word in EARLIER
        if self._skipped:
            return
        self._backed += word in _BACKED
        match word:
            case "p":
                self._paragraphs.append(_Paragraph())
            case "r":
                self._runs.append(_Run())
            case "tbl":
                self._tables.append("")
            case "tblStyle" if self._tables:
                self._tables[-1] = value_of(attributes)
            case "rStyle" if self._runs:
                self._runs[-1].style = value_of(attributes)
            case "background":
                self._backed += is_dark(attributes)
            case _ if word in LOOKS:
                self._look(word, attributes)
            case "t":
                self._in_text = not self._is_hidden()
            # With attributes it is a place on the ruler.
            case "tab" if not attributes:
                self._say("\t")
            case "br" | "cr":
                self._say("\n")
            case "noBreakHyphen":
                self._say("-")
            case "pStyle":
                name = value_of(attributes)
                if self._paragraphs:
                    self._paragraphs[-1].style = name
                found = _HEADING.search(name)
                self._say(f"{'#' * int(found[1])} " if found else "")
            case "numPr":
                self._say("- ")
            case "tc":
                self._cells += 1

    def _look(self, word: str, attributes: dict[str, str]) -> None:
        """Of a run, or what is behind it. How a paragraph's own mark looks is of no account."""
        if word in ("shd", "highlight") and self._paragraphs:
            self._paragraphs[-1].is_shaded |= is_dark(attributes)
        elif self._runs:
            self._runs[-1].look = self._runs[-1].look.having(word, attributes)

    def _is_hidden(self) -> bool:
        paragraph = self._paragraphs[-1] if self._paragraphs else _Paragraph()
        run = self._runs[-1] if self._runs else _Run()
        look = run.look.over(self._styles.look(tables=self._tables, paragraph=paragraph.style, letters=run.style))
        return replace(look, is_backed=look.is_backed or self._backed > 0 or paragraph.is_shaded).is_hidden

    def end(self, name: str) -> None:
        if self._skipped:
            self._skipped -= 1
            return
        self._backed -= word_of(name) in _BACKED
        match word_of(name):
            case "r":
                self._runs.pop()
            case "t":
                self._in_text = False
            case "tbl":
                self._tables.pop()
            case "p":
                self._paragraphs.pop()
                self._say(" " if self._cells else "\n")
            case "tc":
                self._cells -= 1
                self._say("| ")
            case "tr":
                self._say("\n")

    def characters(self, text: str) -> None:
        if self._in_text and not self._skipped:
            self._say(text)
