"""Reads the open end of a text: which blocks, items and rows can no longer change, and what stays open."""

from __future__ import annotations

import re
from collections import ChainMap
from dataclasses import dataclass, field
from math import inf
from typing import Any

from .escaping import escape
from .inline import inline_html
from .markup import Rendered, block_events, container_of, render_unit
from .ops import Event
from .parser import PARSER_FAULTS, Source, Unit, is_loose, list_items, parse_blocks, set_loose, table_rows

_IS_TABLE = re.compile(r"[^\n]*\|[^\n]*\n {0,3}[-:|][-:| \t]*(?:\n|$)")
MAX_CELLS = 60_000
"""From about here the parser may end a table early; then the stream compares itself with one shot."""
_CONTAINERS = frozenset({"bullet_list", "ordered_list", "table"})
_CLOSED_BY_LINE = frozenset({"formula", "heading", "hr"})
_CLOSED_BY_GAP = frozenset({"blockquote", "formula_source", "paragraph", "table"})


@dataclass(slots=True)
class OpenContainer:
    """A top-level list or table whose finished children are gone from the source: `prefix` stands in for them, so that
    the parser reads what follows as it would behind them."""

    kind: str
    prefix: str
    is_loose: bool = False
    finished_units: int = 0
    cells: int = 0

    def units(self, block: Unit) -> list[Unit]:
        """The block's children without the prefix's own; items in the spacing that the list has by now."""
        if self.kind == "table":
            return table_rows(block)
        items = list_items(block)
        loose = self.is_loose or is_loose(items)
        for item in items:
            set_loose(item, loose=loose)
        return items[1:]


@dataclass(slots=True)
class Step:
    """What a reading made final: its events and how many characters of the source they are. With a fence, what
    follows is its code, and is not read here."""

    events: list[Event] = field(default_factory=list)
    used_chars: int = 0
    fence: Unit | None = None


class BlockReader:
    def __init__(self) -> None:
        self.container: OpenContainer | None = None
        self.is_uncertain = False
        """What was rendered may differ from one shot: a link definition came late, or a list became loose late."""
        self.parsed_chars = 0
        self._references: dict[str, Any] = {}
        self._has_bracket = False

    @property
    def prefix(self) -> str:
        return self.container.prefix if self.container else ""

    @property
    def kind(self) -> str:
        """What the children of the open container are: "list_item", "table", or "" for none."""
        return self.container.kind if self.container else ""

    @property
    def is_loose(self) -> bool:
        return self.container is not None and self.container.is_loose

    def cost(self, text: str) -> int:
        return len(self.prefix) + len(text)

    def read(self, text: str, *, is_end: bool = False) -> Step:
        """`text`: the open end, up to where its lines can no longer mean something else."""
        step = Step()
        try:
            while self._read_once(text[step.used_chars :], step, is_end=is_end):
                pass
        except PARSER_FAULTS:
            self.is_uncertain = True
        if is_end and self.container is not None:
            step.events.append(None)
            self.container = None
        return step

    def preview(self, text: str) -> Rendered | None:
        """The open end as it looks now; None where it isn't exactly one unit."""
        source = Source(self.prefix + text)
        references = self._scope()
        try:
            blocks = self._parse(source, references)
        except PARSER_FAULTS:
            return None
        if len(blocks) != 1:
            return None if blocks else Rendered([])
        if self.container is None:
            is_unit = blocks[0].kind not in _CONTAINERS and blocks[0].kind != "fence"
            return render_unit(blocks[0], source, references, is_live=True) if is_unit else None
        units = self.container.units(blocks[0])
        return render_unit(units[0], source, references, is_live=True) if len(units) == 1 else None

    def inline(self, text: str) -> str:
        try:
            return inline_html(text, self._scope())
        except PARSER_FAULTS:
            return escape(text)

    def _read_once(self, text: str, step: Step, *, is_end: bool) -> bool:
        """Whether to read again: a container opened, whose children are read with its prefix."""
        prefix = self.prefix
        source = Source(prefix + text)
        references = self._scope()
        blocks = self._parse(source, references)
        complete_lines = source.text.count("\n")
        done_line = prefix.count("\n")
        if self.container is not None:
            block = blocks.pop(0)
            is_closed = is_end or bool(blocks) or _is_closed(block, source, complete_lines)
            done_line = self._read_children(block, source, references, step, is_closed=is_closed) or done_line
        is_opened = False
        for index, block in enumerate(blocks):
            if is_end or index + 1 < len(blocks) or _is_closed(block, source, complete_lines):
                step.events += block_events(block, source, references)
                done_line = block.end_line
            elif block.kind == "fence" and not _may_be_header(block, source, complete_lines):
                step.fence, done_line = block, block.first_line + 1
            elif block.kind in _CONTAINERS and (container := container_of(block, references)) is not None:
                step.events.append(container)
                done_line = self._open(block, source)
                is_opened = block.end_line - block.first_line > 2 or len(list_items(block)) > 1
        done = max(source.offset(done_line), len(prefix))
        self._settle(references, source.text[len(prefix) : done], inf if is_end else done_line)
        step.used_chars += done - len(prefix)
        return is_opened

    def _read_children(
        self, block: Unit, source: Source, references: ChainMap[str, Any], step: Step, *, is_closed: bool
    ) -> int | None:
        """Shape: the line up to which the container is final, None if nothing of it is yet."""
        container = self.container
        assert container is not None
        units = container.units(block)
        if container.kind == "table":
            complete_lines = source.text.count("\n")
            final = [unit for unit in units if is_closed or unit.end_line <= complete_lines]
        else:
            final = units if is_closed else units[:-1]
            self._follow_spacing(container, block)
            if not container.finished_units:
                self.is_uncertain |= _IS_TABLE.match(source.lines(block.first_line + 1, 2)) is not None
        step.events += [render_unit(unit, source, references).html for unit in final]
        container.finished_units += len(final)
        container.cells += sum(len(unit.tokens) // 3 for unit in final) if container.kind == "table" else 0
        self.is_uncertain |= container.cells > MAX_CELLS
        if is_closed:
            step.events.append(None)
            self.container = None
            return block.end_line
        return final[-1].end_line if final else None

    def _follow_spacing(self, container: OpenContainer, block: Unit) -> None:
        if not container.is_loose and is_loose(list_items(block)):
            container.is_loose = True
            self.is_uncertain |= container.finished_units > 0

    def _open(self, block: Unit, source: Source) -> int:
        if block.kind == "table":
            end_line = block.first_line + 2
            self.container = OpenContainer("table", source.lines(block.first_line, 2))
            return end_line
        marker = block.tokens[0].markup
        number = "1" if block.kind == "ordered_list" else ""
        # Indented as far as an item can be, or the items that follow could be taken for its children.
        self.container = OpenContainer("list_item", f"   {number}{marker} x\n")
        return block.first_line

    def _scope(self) -> ChainMap[str, Any]:
        """Definitions found while reading go to a map of their own: they count once their lines are final."""
        return ChainMap({}, self._references)

    def _parse(self, source: Source, references: ChainMap[str, Any]) -> list[Unit]:
        self.parsed_chars += len(source.text)
        return parse_blocks(source.text, references)

    def _settle(self, references: ChainMap[str, Any], text: str, done_line: float) -> None:
        found = {label: value for label, value in references.maps[0].items() if value["map"][0] < done_line}
        self._references.update(found)
        self.is_uncertain |= bool(found) and self._has_bracket
        self._has_bracket = self._has_bracket or "[" in text


def _is_closed(block: Unit, source: Source, complete_lines: int) -> bool:
    if block.kind in _CLOSED_BY_LINE:
        return block.end_line <= complete_lines and not _may_be_header(block, source, complete_lines)
    return block.kind in _CLOSED_BY_GAP and block.end_line < complete_lines


def _may_be_header(block: Unit, source: Source, complete_lines: int) -> bool:
    """Any line with a pipe is a table's header if the next line says so: a heading's, even a fence's."""
    return block.first_line >= complete_lines - 1 and "|" in source.lines(block.first_line, 1)
