"""Text of a page of a PDF that nobody sees: letters without a size, and white ones on white. Text in no colour at all
stays: it is what a scan was read as, and lies over its picture."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, TypeAlias

from pypdf.generic import TextStringObject

Matrix: TypeAlias = tuple[float, float, float, float, float, float]
Box: TypeAlias = tuple[float, float, float, float]

# Points, of which nobody reads a letter; what is darker than that is grey.
LEAST_SIZE, WHITE = 1.0, 0.98
# Of a page so many are looked at; where more was painted, white is taken to be on something.
MAX_BOXES = 500
_FILLS = frozenset((b"f", b"F", b"f*", b"B", b"B*", b"b", b"b*"))
_ENDS = _FILLS | {b"n", b"S", b"s"}
_SHOWS = frozenset((b"Tj", b"TJ", b"'", b'"'))
_COLOURS = frozenset((b"g", b"rg", b"k", b"sc", b"scn"))
# Of a curve each of its points: it lies between them.
_POINTS = frozenset((b"m", b"l", b"c", b"v", b"y"))


class Unseen:
    """Told of each step of a page before it is taken, it empties what hidden text would say."""

    def __init__(self) -> None:
        self._is_white, self._size = False, LEAST_SIZE
        self._stack: list[tuple[bool, float]] = []
        self._points: list[tuple[float, float]] = []
        self._painted: list[Box] = []

    def before(self, operator: bytes, operands: list[Any], page: Matrix, text: Matrix) -> None:
        # Operands that aren't what they should be are the reader's to judge.
        with suppress(TypeError, ValueError, LookupError):
            self._take(operator, operands, page, text)

    def _take(self, operator: bytes, operands: list[Any], page: Matrix, text: Matrix) -> None:
        if operator in _SHOWS:
            if self._is_hidden(page, text):
                operands[:] = [*operands[:-1], [] if operator == b"TJ" else TextStringObject("")]
        elif operator in _COLOURS:
            self._is_white = _is_white(operands)
        elif operator in (b"cs", b"CS"):
            self._is_white = False
        elif operator == b"Tf":
            self._size = abs(float(operands[1]))
        elif operator == b"q":
            self._stack.append((self._is_white, self._size))
        elif operator == b"Q" and self._stack:
            self._is_white, self._size = self._stack.pop()
        else:
            self._paint(operator, operands, page)

    def _paint(self, operator: bytes, operands: list[Any], page: Matrix) -> None:
        if operator == b"re":
            x, y, width, height = map(float, operands[:4])
            self._points += (_placed(page, *at) for at in _corners(x, y, x + width, y + height))
        elif operator in _POINTS:
            numbers = [float(one) for one in operands]
            self._points += (_placed(page, *at) for at in zip(numbers[::2], numbers[1::2], strict=False))
        elif operator in _ENDS:
            if operator in _FILLS and not self._is_white:
                self._cover(self._points)
            self._points = []
        elif operator in (b"Do", b"INLINE IMAGE"):
            self._cover([_placed(page, *at) for at in _corners(0, 0, 1, 1)])
        elif operator == b"sh":
            self._painted += [(-1e9, -1e9, 1e9, 1e9)]

    def _cover(self, points: list[tuple[float, float]]) -> None:
        if points:
            across, up = [x for x, _ in points], [y for _, y in points]
            self._painted.append((min(across), min(up), max(across), max(up)))

    def _is_hidden(self, page: Matrix, text: Matrix) -> bool:
        height = self._size * _growth(text) * _growth(page)
        if height < LEAST_SIZE:
            return True
        if not self._is_white or len(self._painted) > MAX_BOXES:
            return False
        x, y = _placed(page, text[4], text[5])
        # A little above the line that letters stand on
        y += height / 4
        return not any(left <= x <= right and low <= y <= high for left, low, right, high in self._painted)


def _is_white(operands: list[Any]) -> bool:
    try:
        numbers = [float(one) for one in operands]
    except (TypeError, ValueError):
        # A pattern
        return False
    if len(numbers) == 4:
        return max(numbers) <= 1 - WHITE
    return len(numbers) in (1, 3) and min(numbers) >= WHITE


def _corners(left: float, low: float, right: float, high: float) -> list[tuple[float, float]]:
    return [(left, low), (right, low), (right, high), (left, high)]


def _placed(matrix: Matrix, x: float, y: float) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


def _growth(matrix: Matrix) -> float:
    """How many times as high letters become."""
    return float((matrix[2] ** 2 + matrix[3] ** 2) ** 0.5)
