"""How letters of a Word document look by its styles, and how its parts are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol
from xml.parsers.expat import ParserCreate, XMLParserType
from zipfile import ZipFile

from chat.attachments.faults import Fault

# Of one part, unpacked: a book of a thousand pages takes a tenth of it.
PART_MAX_BYTES = 64 * 2**20
CHUNK_BYTES = 2**16
_STYLES = "word/styles.xml"
_NAMESPACES = (
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "http://purl.oclc.org/ooxml/wordprocessingml/main",
)
# Where changes are tracked, a text at the place that it was moved from, and how a paragraph or letters were before
EARLIER = ("moveFrom", "pPrChange", "rPrChange")
LOOKS = ("vanish", "color", "sz", "shd", "highlight")
_WHITE = ("FFFFFF", "white")
_LIGHT = (*_WHITE, "auto", "none", "clear", "nil")
_OFF = ("0", "false", "off")
# Half points, of which nobody reads a letter.
_LEAST_SIZE = 4


@dataclass(frozen=True, slots=True)
class Look:
    """How letters look; None where something else says so. `is_backed` says that something dark is behind them."""

    vanishes: bool | None = None
    is_white: bool | None = None
    is_tiny: bool | None = None
    is_backed: bool = False

    def having(self, word: str, attributes: dict[str, str]) -> Look:
        """With one of LOOKS."""
        value = value_of(attributes)
        match word:
            case "vanish":
                return replace(self, vanishes=value not in _OFF)
            case "color":
                return replace(self, is_white=value in _WHITE)
            case "sz":
                return replace(self, is_tiny=value.isdigit() and int(value) <= _LEAST_SIZE)
            case _:
                return replace(self, is_backed=self.is_backed or is_dark(attributes))

    def over(self, below: Look) -> Look:
        return Look(
            below.vanishes if self.vanishes is None else self.vanishes,
            below.is_white if self.is_white is None else self.is_white,
            below.is_tiny if self.is_tiny is None else self.is_tiny,
            self.is_backed or below.is_backed,
        )

    @property
    def is_hidden(self) -> bool:
        return bool(self.vanishes or self.is_tiny or (self.is_white and not self.is_backed))


@dataclass(slots=True)
class _Style:
    look: Look = field(default_factory=Look)
    based_on: str = ""
    is_whole: bool = False


class Styles:
    """By kind (table, paragraph, character) and name; of each kind one may be the usual one."""

    def __init__(self) -> None:
        self.of_all = Look()
        self.styles: dict[tuple[str, str], _Style] = {}
        self.usual: dict[str, str] = {}

    def look(self, *, tables: Sequence[str], paragraph: str, letters: str) -> Look:
        """By the names of the styles, of a table and those it stands in, the outer first."""
        levels = [self._of("table", name) for name in tables]
        levels += [self._of("paragraph", paragraph), self._of("character", letters)]
        found = self.of_all
        for level in levels:
            found = level.over(found)
        # Hidden at two levels is seen. Source: ECMA-376 part 1, 17.7.3 (toggle properties).
        vanishes = bool(self.of_all.vanishes) or sum(bool(level.vanishes) for level in levels) % 2 == 1
        return replace(found, vanishes=vanishes)

    def _of(self, kind: str, name: str) -> Look:
        """Each is put together once: a row of styles may be as long as the part."""
        asked = style = self.styles.get((kind, name)) or self.styles.get((kind, self.usual.get(kind, "")))
        row: list[_Style] = []
        while style is not None and not style.is_whole:
            # From now on, so that those that are based on each other end.
            style.is_whole = True
            row.append(style)
            style = self.styles.get((kind, style.based_on))
        below = style.look if style is not None else Look()
        for one in reversed(row):
            below = one.look = one.look.over(below)
        return asked.look if asked is not None else Look()


class _Reader:
    """Takes the styles out of their part as it is parsed."""

    def __init__(self) -> None:
        self.styles = Styles()
        self._kind, self._style = "", _Style()
        self._skipped, self._is_of_all, self._in_paragraph = 0, False, False
        self.parser = parser_of(self)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        word = word_of(name)
        # How a paragraph's own mark looks is of no account; nor are parts of tables, which are told apart by rules.
        is_mark = word == "rPr" and self._in_paragraph
        is_part = word == "tblStylePr" and value_of(attributes, "type") != "wholeTable"
        self._skipped += bool(self._skipped) or word in EARLIER or is_mark or is_part
        if self._skipped:
            return
        match word:
            case "rPrDefault":
                self._is_of_all = True
            case "pPr":
                self._in_paragraph = True
            case "style":
                self._begin(attributes)
            case "basedOn":
                self._style.based_on = value_of(attributes)
            case _ if word in LOOKS and self._is_of_all:
                self.styles.of_all = self.styles.of_all.having(word, attributes)
            case _ if word in LOOKS:
                self._style.look = self._style.look.having(word, attributes)

    def _begin(self, attributes: dict[str, str]) -> None:
        self._kind, name, self._style = value_of(attributes, "type"), value_of(attributes, "styleId"), _Style()
        self.styles.styles[self._kind, name] = self._style
        if value_of(attributes, "default") not in ("", *_OFF):
            self.styles.usual[self._kind] = name

    def end(self, name: str) -> None:
        if self._skipped:
            self._skipped -= 1
            return
        match word_of(name):
            case "rPrDefault":
                self._is_of_all = False
            case "pPr":
                self._in_paragraph = False

    def characters(self, text: str) -> None:
        """There are none."""


class Part(Protocol):
    """What takes something out of a part as it is parsed."""

    def start(self, name: str, attributes: dict[str, str]) -> None: ...

    def end(self, name: str) -> None: ...

    def characters(self, text: str) -> None: ...


def parser_of(part: Part) -> XMLParserType:
    parser = ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = part.start
    parser.EndElementHandler = part.end
    parser.CharacterDataHandler = part.characters
    parser.StartDoctypeDeclHandler = _refuse
    return parser


def parse_part(archive: ZipFile, name: str, parser: XMLParserType) -> None:
    """Raises: Fault, and what zipfile and expat raise."""
    if archive.getinfo(name).file_size > PART_MAX_BYTES:
        raise Fault("unpacked")
    with archive.open(name) as part:
        # It gives no more than the size that was declared.
        while chunk := part.read(CHUNK_BYTES):
            parser.Parse(chunk, False)
    parser.Parse(b"", True)


def read_styles(archive: ZipFile) -> Styles:
    """None are as good as an empty part.

    Raises: as `parse_part`.
    """
    reader = _Reader()
    if _STYLES in archive.namelist():
        parse_part(archive, _STYLES, reader.parser)
    return reader.styles


def word_of(name: str) -> str:
    """A name of Word's, else nothing."""
    namespace, _space, local = name.rpartition(" ")
    return local if namespace in _NAMESPACES else ""


def value_of(attributes: dict[str, str], name: str = "val") -> str:
    return next((value for key, value in attributes.items() if key.endswith(f" {name}")), "")


def is_dark(attributes: dict[str, str]) -> bool:
    """Of what shades letters, or lies behind them."""
    return any(value not in _LIGHT for value in attributes.values())


def _refuse(*_args: object) -> None:
    """Word writes no document type; who does wants entities that grow or reach for other files."""
    raise Fault("damaged")
