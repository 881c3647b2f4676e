"""Secrets: keys of APIs, tokens, private keys, and addresses with a password. They may be of any length: each is
recognised by its beginning, and goes on as its growth says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import chain
from math import log2

from chat.guards.contract import Finding
from chat.guards.pii.growth import USER_INFO
from chat.guards.pii.window import WINDOW_CHARS, is_word, reaches_end
from chat.guards.prefixes import PREFIXED_KEYS

# As many characters as they have at least
_PREFIXED = re.compile(PREFIXED_KEYS.replace(",}", "}"), re.VERBOSE)
_AWS = ("AKIA", "ASIA", "ABSK")
_KEY = re.compile(r"[A-Za-z0-9_+/=.-]*")
_ESCAPES = frozenset({r"\n", r"\r", r"\t"})
_DIGIT = re.compile("[0-9]")
# base64 of `{"` and the first name of a JOSE header: alg, typ, kid, cty, enc, jku, jwk, zip, x5t, x5c, x5u, crit, ver.
_JWT = re.compile(
    r"eyJ(?:hbGci|0eXAi|raWQi|jdHki|lbmMi|qa3Ui|qd2si|6aXAi|4NXQi|4NWMi|4NXUi|jcml0I|2ZXIi)[A-Za-z0-9_-]*"
    r"(?:\.[A-Za-z0-9_-]+)*"
)
_JWT_LEAST_DOTS = 2
PRIVATE_KEY_HEAD = re.compile(r"-----BEGIN (?:[A-Z0-9]{1,9} )?PRIVATE KEY(?: BLOCK)?-----(?:\r?\n|\\n|\\r)")
_TOKEN = re.compile(r"[A-Za-z0-9_+/=~-]+(?:\.[A-Za-z0-9_+/=~-]+)*")
_TOKEN_LEAST_CHARS = 16
_PASSWORD = re.compile(r"[A-Za-z0-9!#$%&*+./:=?@\\^_~-]{8,39}")
_ASSIGNED = re.compile(r"[:=]>?[ \t]{0,3}[\"'`]?(?=[A-Za-z0-9!#$%&*+./:=?@\\^_~-]{8})")
_SCHEME = re.compile(r"(?:[Bb]earer|[Bb]asic)[ \t]{1,2}(?=[A-Za-z0-9_+/=~.-]{8})")
_ASSIGNED_MAX_CHARS = 9
_NAME_MAX_CHARS = 32
_NAME = re.compile(
    r"(?:(?P<password>passw(?:or)?d|passwd|pwd|passphrase)|secret(?:[-_]?\w{0,12})?"
    r"|api[-_]?key|access[-_]?key(?:[-_]?id)?|(?:account|subscription|shared[-_]?access)[-_]?key"
    r"|(?:access|auth|refresh|bearer|session|private|deploy)[-_]?token|_authtoken|token|client[-_]?secret"
    r"|(?:secret|private|encryption|signing)[-_]?key|\bbearer|\bbasic)[\"'`]?[ \t]{0,2}\Z",
    re.IGNORECASE,
)
_NO_SECRET = re.compile(
    r"your|example|placeholder|change.?me|xxxx|\.\.\.|\*\*\*|environ|getenv|process\.env|settings\.|config\.|\$\{|\{\{"
    r"|<|dummy|redacted|secret_?key|api_?key|token|1234567890|abcdef",
    re.IGNORECASE,
)
# Bits for each character; words of a language have less, hexadecimal digits at most 4.
_LEAST_ENTROPY = 3.0
_USER_AND_PASSWORD = re.compile(rf"{USER_INFO}{{0,38}}?:(?P<password>{USER_INFO}+)")
_PORT = re.compile(r"[0-9]{1,5}")
_EXAMPLE_PASSWORD = re.compile(r"password|passwd|pass|pass123|pw|pwd|secret|changeme|[.*x]+", re.IGNORECASE)


def find_keys(text: str, begin: int, end: int, final: bool) -> Iterator[Finding]:
    match = _PREFIXED.search(text, begin, end + WINDOW_CHARS)
    while match is not None and match.start() < end:
        start = match.start()
        # After an escaped line break too
        stands_alone = not start or not is_word(text[start - 1]) or text[max(0, start - 2) : start] in _ESCAPES
        key = _KEY.match(text, start, start + WINDOW_CHARS)
        if stands_alone and key is not None and _DIGIT.search(key[0]):
            yield Finding(start, match.end(), "api_key", 0.98, "aws" if match[0].startswith(_AWS) else "prefixed_key")
        match = _PREFIXED.search(text, start + 1, end + WINDOW_CHARS)


def find_jwts(text: str, begin: int, end: int, final: bool) -> Iterator[Finding]:
    for start in _places("eyJ", text, begin, end):
        match = _JWT.match(text, start, start + WINDOW_CHARS)
        if match is None or (start and is_word(text[start - 1])):
            continue
        if reaches_end(text, match.end(), start + WINDOW_CHARS) or match[0].count(".") >= _JWT_LEAST_DOTS:
            yield Finding(start, match.end(), "jwt", 0.99, "jwt")


def find_private_keys(text: str, begin: int, end: int, final: bool) -> Iterator[Finding]:
    for start in _places("-----BEGIN ", text, begin, end):
        match = PRIVATE_KEY_HEAD.match(text, start, start + WINDOW_CHARS)
        if match is not None:
            yield Finding(start, match.end(), "private_key", 1.0, "private_key")


def find_assigned(text: str, begin: int, end: int, final: bool) -> Iterator[Finding]:
    """What is assigned to a name that says it is a secret, if it looks like one."""
    first, last = max(0, begin - _ASSIGNED_MAX_CHARS), end + WINDOW_CHARS
    for sign in chain(_ASSIGNED.finditer(text, first, last), _SCHEME.finditer(text, first, last)):
        start = sign.end()
        if not begin <= start < end or not _DIGIT.search(text, start, start + WINDOW_CHARS):
            continue
        name_end = sign.start() if sign.re is _ASSIGNED else start
        name = _NAME.search(text, max(0, name_end - _NAME_MAX_CHARS), name_end)
        if name is None:
            continue
        is_password = name["password"] is not None
        value = (_PASSWORD if is_password else _TOKEN).match(text, start, start + WINDOW_CHARS)
        if value is None or _NO_SECRET.search(value[0]):
            continue
        if is_password:
            if value.end() < start + WINDOW_CHARS - 1 and _is_mixed(value[0]):
                yield Finding(start, value.end(), "api_key", 0.7, "password")
        elif len(value[0]) >= _TOKEN_LEAST_CHARS and _DIGIT.search(value[0]) and _entropy(value[0]) >= _LEAST_ENTROPY:
            yield Finding(start, value.end(), "api_key", 0.85, "assigned")


def find_user_info(text: str, begin: int, end: int, final: bool) -> Iterator[Finding]:
    """User and password in front of a host."""
    for slashes in _places("://", text, max(0, begin - 3), end):
        start = slashes + 3
        match = _USER_AND_PASSWORD.match(text, start, start + WINDOW_CHARS)
        if match is None or not begin <= start < end:
            continue
        password, stop = match["password"], match.end()
        is_open = stop == start + WINDOW_CHARS and not _PORT.fullmatch(password)
        if is_open or (text[stop : stop + 1] == "@" and not _EXAMPLE_PASSWORD.fullmatch(password)):
            yield Finding(start, stop, "api_key", 0.9, "user_info")


def _places(needle: str, text: str, begin: int, end: int) -> Iterator[int]:
    place = text.find(needle, begin)
    while 0 <= place < end:
        yield place
        place = text.find(needle, place + 1)


def _entropy(text: str) -> float:
    return -sum(count / len(text) * log2(count / len(text)) for count in Counter(text).values())


def _is_mixed(text: str) -> bool:
    """As a password is that follows the usual rules, and a word is not."""
    kinds: tuple[Callable[[str], bool], ...] = (str.isdigit, str.isupper, str.islower, lambda char: not char.isalnum())
    return text[0] != "$" and any(map(str.isdigit, text)) and sum(any(map(kind, text)) for kind in kinds) > 2
