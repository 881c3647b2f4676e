"""E-mail addresses and those of hosts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_address

from linkify_it.tlds import TLDS

from chat.guards.contract import Finding
from chat.guards.pii import context
from chat.guards.pii.window import CONTEXT_CHARS, LATIN, WINDOW_CHARS, is_word, reaches_end

# Of a longer one the last so many are taken: the rest has been shown when its @ comes.
LOCAL_MAX_CHARS = 30
LONG_ADDRESS = "long_address"
_LOCAL = rf"(?:[{LATIN}0-9._%+'-]|\\(?=[._+-]))"
_BEFORE_AT = re.compile(rf"{_LOCAL}+\Z")
_DOMAIN = re.compile(rf"[{LATIN}0-9](?:[{LATIN}0-9-]|\.(?=[{LATIN}0-9]))*")
_NOT_FIRST = "._%+'-\\"
_IN_ADDRESS = re.compile(r"://[^\s/@]*\Z")
# For documentation, tests and networks of one's own.
_TLDS = frozenset(name.lower() for name in TLDS) | {"example", "test", "invalid", "internal", "local", "lan", "corp"}
_PICTURE = re.compile(r"[1-9]x\.[a-z]+", re.IGNORECASE)
# A number that is small in all its parts is more often a version.
VERSION_MAX_PART = 40
WORDS_SCORE, MOST_SCORE = 0.4, 0.95
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}(?![0-9A-Za-z_]|\.[0-9])")
_IPV6_BEGIN = re.compile(r"[0-9A-Fa-f]{3,4}(?=:[0-9A-Fa-f]{0,4}:)")
_IPV6 = re.compile(r"[0-9A-Fa-f]{3,4}:[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]{0,29}(?<!:)(?![0-9A-Za-z:])")


def find_emails(text: str, begin: int, end: int, final: bool) -> Iterator[Finding]:
    at = text.find("@", begin)
    while 0 <= at < end + WINDOW_CHARS:
        local = _BEFORE_AT.search(text, max(0, at - LOCAL_MAX_CHARS), at)
        if local is not None:
            start = at - len(local[0].lstrip(_NOT_FIRST))
            if begin <= start < min(end, at):
                yield from _email(text, start, at)
        at = text.find("@", at + 1)


def _email(text: str, start: int, at: int) -> Iterator[Finding]:
    window_end = start + WINDOW_CHARS
    domain = _DOMAIN.match(text, at + 1, window_end)
    if domain is None or text[at - 1] == "." or ".." in text[start:at]:
        return
    if text[start - 1 : start] == "@" or _IN_ADDRESS.search(text, max(0, start - CONTEXT_CHARS), start):
        return
    if reaches_end(text, domain.end(), window_end):
        # Its end is not in sight. What has a point in its domain so far is taken for one.
        if "." in domain[0]:
            yield Finding(start, domain.end(), "email", 0.8, LONG_ADDRESS)
        return
    name = domain[0].rstrip("-")
    labels = name.lower().split(".")
    after = text[at + 1 + len(name) : min(at + 3 + len(name), window_end)]
    # git@host:path is no mailbox, and neither is name@2x.png a host.
    if len(labels) < 2 or (after[:1] == ":" and after[1:2].strip()) or _PICTURE.fullmatch(name):
        return
    if any(label.startswith("-") or label.endswith("-") for label in labels):
        return
    if labels[-1] in _TLDS or labels[-1].startswith("xn--"):
        yield Finding(start, at + 1 + len(name), "email", 0.95, "address")


def ipv4_at(text: str, start: int) -> Finding | None:
    match = _IPV4.match(text, start)
    if match is None or text[max(0, start - 1) : start] == "." or text[max(0, start - 1) : start] == "v":
        return None
    address = IPv4Address(match[0])
    words = context.before(text, start)
    weight = context.weight(words, "ip")
    base = 0.7 if any(part > VERSION_MAX_PART for part in address.packed) else 0.4
    return _address(address, Finding(start, match.end(), "ip", base + WORDS_SCORE * weight, "ipv4"))


def find_ipv6(text: str, begin: int, end: int, final: bool) -> Iterator[Finding]:
    for group in _IPV6_BEGIN.finditer(text, begin, end + WINDOW_CHARS):
        start = group.start()
        match = _IPV6.match(text, start)
        if match is None or start >= end or (start and (is_word(text[start - 1]) or text[start - 1] in ":.")):
            continue
        try:
            address = ip_address(match[0])
        except ValueError:
            continue
        weight = context.weight(context.before(text, start), "ip")
        found = _address(address, Finding(start, match.end(), "ip", 0.8 + WORDS_SCORE * weight, "ipv6"))
        if found is not None:
            yield found


def _address(address: IPv4Address | IPv6Address, found: Finding) -> Finding | None:
    """Of a private network it tells less, of the host itself nothing."""
    if address.is_loopback or address.is_unspecified or address.is_multicast or found.score <= 0:
        return None
    # Masks of networks
    if isinstance(address, IPv4Address) and (address.packed[0] == 0 or address.packed[:2] == b"\xff\xff"):
        return None
    documentation = str(address).startswith(("192.0.2.", "198.51.100.", "203.0.113.", "2001:db8"))
    less = 0.3 if address.is_private and not documentation else 0.0
    return replace(found, score=round(min(found.score, MOST_SCORE) - less, 2))
