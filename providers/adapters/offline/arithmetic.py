"""Arithmetic found in a question and worked out exactly, in steps. Sizes are bounded: no input takes long."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Context, Decimal, InvalidOperation, localcontext
from fractions import Fraction

MAX_QUESTION_CHARS = 300
MAX_NUMBER_BITS = 2_048
MAX_EXPONENT = 1_000
MAX_STEPS = 12
# Beyond these digits a decimal is rounded and said to be: 1/3 has no end, 2**-900 has one that nobody reads.
SHOWN_DECIMALS = 30
ROUNDED_DIGITS = 12

_WORD_OPERATORS = (
    (r"divided by|chia cho|chia", "/"),
    (r"multiplied by|times|nhân với|nhân", "*"),
    (r"to the power of|mũ|lũy thừa", "**"),
    (r"plus|cộng với|cộng", "+"),
    (r"minus|trừ đi|trừ", "-"),
    (r"modulo|mod", "%"),
    (r"squared|bình phương", "**2"),
    (r"cubed|lập phương", "**3"),
)
_SIGNS = str.maketrans({"×": "*", "·": "*", "∙": "*", "÷": "/", "−": "-", "–": "-", "^": "**", "²": "**2", "³": "**3"})  # noqa: RUF001
_NUMBER = r"(?:\d+(?:\.\d+)?|\.\d+)"
_EXPRESSION = re.compile(r"[\d.(+\-][\d.()+\-*/%\s]*[\d.)%]|\d")
_FILLER = re.compile(
    r"(?:what(?:'s|’s| is| are| does)|whats|how much (?:is|are|does)|calculate|compute|work out|evaluate|solve|please|"  # noqa: RUF001
    r"can you|could you|tell me|the (?:result|value|sum|answer) of|equals?|equal to|is|make|me|for|the|and|"
    r"tính giúp tôi|tính giúp|tính toán|tính|hãy|kết quả(?: của)?|giá trị(?: của)?|bằng bao nhiêu|bằng mấy|bằng|"
    r"là bao nhiêu|là mấy|là|bao nhiêu|giúp tôi|cho tôi|ơi|nhé|vậy|ạ)(?!\w)|[\s?=!:,.]+",
)
_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}/\d{1,2}/\d{2,4}|\d+(?:\.\d+){2,}")


@dataclass(frozen=True, slots=True)
class Calculation:
    """`steps` are the single operations in the order they were done; `problem` says why there is no result."""

    expression: str
    result: str = ""
    is_exact: bool = True
    steps: tuple[str, ...] = ()
    problem: str = ""


class _CannotCalculate(Exception):
    """Ends one calculation; its argument is a key of the phrases that people see. Never leaves this module."""


def find_calculation(text: str) -> Calculation | None:
    """The calculation that `text` asks for; None if it is about anything else as well, or about no calculation."""
    if len(text) > MAX_QUESTION_CHARS or _DATE.search(text):
        return None
    plain = _normalised(text)
    found = max(_EXPRESSION.findall(plain), key=len, default="").strip().rstrip(".")
    if len(re.findall(_NUMBER, found)) < 2 or not re.search(r"[+\-*/%]", found.lstrip("+-")):
        return None
    before, _, after = plain.partition(found)
    if not _is_filler(before) or not _is_filler(after):
        return None
    try:
        tree = ast.parse(found, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None
    return _worked_out(found, tree)


def _is_filler(text: str) -> bool:
    position = 0
    while position < len(text):
        match = _FILLER.match(text, position)
        if match is None:
            return False
        position = match.end()
    return True


def _normalised(text: str) -> str:
    plain = text.lower().translate(_SIGNS)
    plain = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", plain)
    plain = re.sub(r"(?<=\d),(?=\d)", ".", plain)
    for words, sign in _WORD_OPERATORS:
        plain = re.sub(rf"(?<=[\d)%\s])\s*\b(?:{words})\b\s*(?=[\d(.\-+]|$|[\s?])", f" {sign} ", plain)
    plain = re.sub(r"(?<=\d)\s*x\s*(?=[\d(])", " * ", plain)
    return _without_percent(plain)


def _without_percent(plain: str) -> str:
    """Percent as people mean it: a share of something, or on top of it; alone, hundredths. 17 % 5 is a remainder."""
    percent = rf"({_NUMBER})\s*(?:%|percent|phần trăm)"
    plain = re.sub(rf"{percent}\s*(?:of|của)\s*", r"(\1/100)*", plain)
    plain = re.sub(rf"({_NUMBER})\s*([+\-])\s*{percent}(?=\s*(?:$|[=?]))", r"\1 \2 \1*\3/100", plain)
    return re.sub(rf"{percent}(?!\s*[\d(.])", r"(\1/100)", plain)


def _worked_out(expression: str, tree: ast.expr) -> Calculation:
    shown = _pretty(expression)
    work = _Work(expression)
    try:
        value = work.value_of(tree)
    except ZeroDivisionError:
        return Calculation(shown, problem="division_by_zero")
    except _CannotCalculate as exc:
        return Calculation(shown, problem=str(exc))
    except RecursionError:
        return Calculation(shown, problem="too_large")
    result, is_exact = format_number(value, is_exact=work.is_exact)
    return Calculation(shown, result, is_exact, tuple(work.steps[:MAX_STEPS]))


_OPERATIONS: dict[type[ast.operator], tuple[str, Callable[[Fraction, Fraction], Fraction]]] = {
    ast.Add: ("+", operator.add),
    ast.Sub: ("−", operator.sub),  # noqa: RUF001
    ast.Mult: ("×", operator.mul),  # noqa: RUF001
    ast.Div: ("÷", operator.truediv),
    ast.FloorDiv: ("//", lambda left, right: Fraction(left // right)),
    ast.Mod: ("mod", operator.mod),
}


class _Work:
    """Walks the tree with exact fractions and notes each step."""

    def __init__(self, source: str) -> None:
        self._source = source
        self.steps: list[str] = []
        self.is_exact = True

    def value_of(self, node: ast.expr) -> Fraction:
        match node:
            case ast.Constant():
                # From the source, not from the parsed float: 0.1 is a tenth here.
                return Fraction(self._source[node.col_offset : node.end_col_offset])
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self.value_of(operand)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.value_of(operand)
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return self._noted(self.value_of(left), "^", self.value_of(right), self._power)
            case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _OPERATIONS:
                symbol, operation = _OPERATIONS[type(sign)]
                return self._noted(self.value_of(left), symbol, self.value_of(right), operation)
        raise _CannotCalculate("not_arithmetic")

    def _noted(
        self, left: Fraction, symbol: str, right: Fraction, operation: Callable[[Fraction, Fraction], Fraction]
    ) -> Fraction:
        value = operation(left, right)
        if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_NUMBER_BITS:
            raise _CannotCalculate("too_large")
        shown, is_exact = format_number(value, is_exact=self.is_exact)
        sign = "=" if is_exact else "≈"
        self.steps.append(f"{_operand(left)} {symbol} {_operand(right)} {sign} {shown}")
        return value

    def _power(self, base: Fraction, exponent: Fraction) -> Fraction:
        bits = max(base.numerator.bit_length(), base.denominator.bit_length())
        if abs(exponent) > MAX_EXPONENT or bits * abs(exponent) > MAX_NUMBER_BITS:
            raise _CannotCalculate("too_large")
        if exponent.denominator == 1:
            return Fraction(base ** int(exponent))
        if base < 0:
            raise _CannotCalculate("not_real")
        if base == 0 and exponent < 0:
            # A decimal would call it infinite.
            raise ZeroDivisionError
        with localcontext(Context(prec=28)):
            try:
                root = Fraction(_as_decimal(base) ** _as_decimal(exponent))
            except InvalidOperation as exc:
                raise _CannotCalculate("not_real") from exc
        self.is_exact = self.is_exact and root**2 == base and exponent == Fraction(1, 2)
        return root


def _as_decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


def _operand(value: Fraction) -> str:
    text = format_number(value)[0]
    return f"({text})" if value < 0 else text


def format_number(value: Fraction, *, is_exact: bool = True) -> tuple[str, bool]:
    """The number in digits, and whether that is all of it; one that isn't exact is rounded."""
    if value.denominator == 1:
        return str(value.numerator), is_exact
    rest, places = value.denominator, 0
    for prime in (2, 5):
        count = 0
        while rest % prime == 0:
            rest //= prime
            count += 1
        places = max(places, count)
    if is_exact and rest == 1 and places <= SHOWN_DECIMALS:
        digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
        return f"{'-' if value < 0 else ''}{digits[:-places]}.{digits[-places:]}", True
    with localcontext(Context(prec=ROUNDED_DIGITS)):
        return str(_as_decimal(value)), False


def _pretty(expression: str) -> str:
    spaced = re.sub(r"(?<=[\d).])\s*(\*\*|//|[*/%+\-])\s*", r" \1 ", expression).strip()
    for sign, symbol in ((" ** ", "^"), (" // ", " // "), (" * ", " × "), (" / ", " ÷ "), (" - ", " − ")):  # noqa: RUF001
        spaced = spaced.replace(sign, symbol)
    return re.sub(r"\s+", " ", spaced)
