"""How what was recognised by its beginning goes on: the same whether its text is here already or still streams in."""

from __future__ import annotations

import re

from chat.guards.contract import Category
from chat.guards.pii.addresses import LONG_ADDRESS
from chat.guards.pii.window import LATIN

USER_INFO = r"[A-Za-z0-9._~%!$&'()*+,;=:-]"
_PATTERNS = {
    LONG_ADDRESS: re.compile(rf"(?:[{LATIN}0-9-]|\.(?=[{LATIN}0-9]))*"),
    "prefixed_key": re.compile(r"[A-Za-z0-9_-]*"),
    "aws": re.compile(r"[A-Za-z0-9+/=]*"),
    "assigned": re.compile(r"(?:[A-Za-z0-9_+/=~-]|\.(?=[A-Za-z0-9_+/=~-]))*"),
    "jwt": re.compile(r"(?:[A-Za-z0-9_-]|\.(?=[A-Za-z0-9_-]))*"),
    "user_info": re.compile(rf"{USER_INFO}*"),
}
# By the category of what a mark stands for: whatever it was known by, so much may belong to it.
_AFTER = {"email": LONG_ADDRESS, "api_key": "assigned", "jwt": "jwt"}
_BREAK = r"(?:\\r|\\n|\r|\n)"
_HEADER = r"(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset): ?[^\r\n\\]{0,80}"
_LINE = re.compile(rf"[ \t>]{{0,8}}(?:{_HEADER}|[A-Za-z0-9+/=]*){_BREAK}")
_LINE_SO_FAR = re.compile(
    rf"[ \t>]{{0,8}}(?:{_HEADER}|[A-Za-z-]{{0,9}}|[A-Za-z0-9+/=]{{0,15}}|-{{1,5}}|-----E[A-Z0-9 ]{{0,40}}-{{0,4}})\\?"
)
_LAST_LINE = re.compile(r"[ \t>]{0,8}-----END [A-Z0-9 ]{1,40}-----")
# A line that has so many is one of the key, wherever it ends.
_OPEN_LINE = re.compile(r"[ \t>]{0,8}[A-Za-z0-9+/=]{16,}")
_MORE_OF_LINE = re.compile(r"[A-Za-z0-9+/=]*")
_LINE_BREAK = re.compile(_BREAK)


class Growth:
    """`take` says up to where a text belongs to it. It is over when something else follows."""

    def __init__(self, rule: str) -> None:
        self.is_over = False
        self._pattern = _PATTERNS[rule]

    @classmethod
    def of(cls, rule: str) -> Growth | None:
        """None for what was found whole."""
        if rule == "private_key":
            return PrivateKeyGrowth()
        return cls(rule) if rule in _PATTERNS else None

    @classmethod
    def after(cls, category: Category) -> Growth | None:
        """Of what was recognised earlier, of which only the category is still known."""
        if category == "private_key":
            return PrivateKeyGrowth(in_line=True)
        return cls(_AFTER[category]) if category in _AFTER else None

    def take(self, text: str, place: int, *, final: bool) -> int:
        match = self._pattern.match(text, place)
        end = match.end() if match is not None else place
        # A point may be within it, which is told by what follows.
        self.is_over = final or text[end:] not in ("", ".")
        return end


class PrivateKeyGrowth(Growth):
    """Lines of base64 up to the line that ends it. Without that line it is over where a line is something else."""

    def __init__(self, *, in_line: bool = False) -> None:
        self.is_over = False
        self._in_line = in_line

    def take(self, text: str, place: int, *, final: bool) -> int:
        while not self.is_over:
            if self._in_line:
                place = _end(_MORE_OF_LINE, text, place)
                if text[place:] in ("", "\\") and not final:
                    return place
                end = _end(_LINE_BREAK, text, place)
                self.is_over, self._in_line = end == place, False
                place = end
            elif (end := _end(_LINE, text, place)) > place:
                place = end
            elif (end := _end(_LAST_LINE, text, place)) > place:
                self.is_over = True
                return end
            elif (end := _end(_OPEN_LINE, text, place)) > place:
                self._in_line = True
                place = end
            elif not final and _LINE_SO_FAR.fullmatch(text, place):
                return place
            else:
                self.is_over = True
        return place


def _end(pattern: re.Pattern[str], text: str, place: int) -> int:
    match = pattern.match(text, place)
    return place if match is None else match.end()
