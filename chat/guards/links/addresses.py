"""Where an address leads, read as a browser reads it, and whether it may be led to."""

from __future__ import annotations

import re
from html import unescape

_IGNORED = re.compile(r"[\x00-\x20\u200b\u00ad]+")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_AUTHORITY = re.compile(r"[/\\]{2,}([^/\\?#]*)")
_AFTER_SCHEME = re.compile(r"[/\\]*([^/\\?#]*)")
_ASKS_HOST = frozenset({"http", "https", "ftp", "ws", "wss"})
_RUNS_CODE = frozenset({"javascript", "vbscript", "data"})
# No host is asked before a person presses a button of another program.
_LOCAL = frozenset({"mailto", "tel", "sms"})
_NAMED_HOST = re.compile(r"(?<![\w@.-])((?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_]{2,})")
_ADDRESSED_HOST = re.compile(r"https?://(?:[^\s/@]*@)?([^\s/?#\\:<>\"'`()\[\]]+)", re.IGNORECASE)
# Of a picture's address: so much without a word's boundary is data rather than a name.
_DATA = re.compile(r"[A-Za-z0-9+=%]{48,}|(?:%[0-9A-Fa-f]{2}){12,}|[?&][^=&#\s]*=[^&#\s]{48,}")

Verdict = tuple[str, float]
"""Rule and score of what is unsafe."""


def hosts_in(text: str) -> frozenset[str]:
    """Every host that a text names, with its scheme or without."""
    return frozenset(_plain(match[1]) for pattern in (_NAMED_HOST, _ADDRESSED_HOST) for match in pattern.finditer(text))


def verdict(address: str, allowed: frozenset[str] | None, *, is_image: bool) -> Verdict | None:
    """None if it may be led to. As it is written, and as Markdown or HTML decodes it: which of them is taken differs by
    the kind of link."""
    decoded = unescape(_ESCAPED.sub(r"\1", address))
    found = _verdict(decoded, allowed, is_image)
    return _verdict(address, allowed, is_image) if found is None and decoded != address else found


def _verdict(address: str, allowed: frozenset[str] | None, is_image: bool) -> Verdict | None:
    address = _IGNORED.sub("", address)
    scheme = _SCHEME.match(address)
    name = scheme[1].lower() if scheme is not None else ""
    if name in _RUNS_CODE:
        return f"{name}_address", 0.95
    rest = address[scheme.end() :] if scheme is not None else address
    # Where a scheme asks a host, browsers take any slashes before it, or none.
    authority = (_AFTER_SCHEME if name in _ASKS_HOST else _AUTHORITY).match(rest)
    host = _plain(authority[1].rpartition("@")[2]) if authority is not None else ""
    if authority is None or name in _LOCAL or not host:
        return None
    has_data = is_image and _DATA.search(rest, authority.end()) is not None
    if allowed is not None and host not in allowed:
        return ("image_data", 0.95) if has_data else ("image", 0.85) if is_image else ("link", 0.7)
    return ("image_data", 0.6) if has_data else None


def _plain(host: str) -> str:
    """Without a port; `www.` and its absence are one host."""
    return re.sub(r":[0-9]*\Z", "", host).rstrip(".").lower().removeprefix("www.")
