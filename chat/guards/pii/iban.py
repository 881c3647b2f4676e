"""IBANs: by the check digits and the length that each country has."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stdnum import iban

from chat.guards.contract import Finding
from chat.guards.pii.numbers import SEPARATORS
from chat.guards.pii.window import LATIN, WINDOW_CHARS, stands_alone

# Source: SWIFT IBAN Registry, release 99
# fmt: off
LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29,
    "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29,
    "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28,
    "HN": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20,
    "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19,
    "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29,
    "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27,
    "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30,
}
# fmt: on
COUNTRY = "(?:" + "|".join([*LENGTHS, *(code.lower() for code in LENGTHS)]) + ")"
_BEGIN = re.compile(rf"[A-Za-z](?<![{LATIN}0-9].)(?=[A-Za-z][0-9]{{2}})")
_CHARS = re.compile(f"[A-Za-z0-9](?:[{re.escape(SEPARATORS)}]{{0,4}}[A-Za-z0-9])*")
_NOT_IN_IT = re.compile("[^A-Za-z0-9]")


def find_ibans(text: str, begin: int, end: int, final: bool) -> Iterator[Finding]:
    for match in _BEGIN.finditer(text, begin, end + 4):
        start = match.start()
        length = LENGTHS.get(text[start : start + 2].upper(), 0)
        if start >= end or not length:
            continue
        # One character less than the window, whose last one says whether it ends there.
        chars = _CHARS.match(text, start, start + WINDOW_CHARS - 1)
        if chars is None:
            continue
        written = _first(chars[0], length)
        stop = start + len(written)
        if stands_alone(text, start, stop) and iban.is_valid(_NOT_IN_IT.sub("", written), check_country=False):
            yield Finding(start, stop, "iban", 0.95, "iban")


def _first(written: str, count: int) -> str:
    """As much as has so many letters and digits."""
    for place, char in enumerate(written):
        count -= char.isalnum()
        if not count:
            return written[: place + 1]
    return written
