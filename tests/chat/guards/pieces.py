"""Texts made of what is looked for, of what nearly is, and of what may stand around and inside it."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st

from chat.guards.measure import read_texts
from chat.guards.pii import find_pii

TEXTS = read_texts()
MATCHES = sorted({one.text[start:end] for one in TEXTS for start, end, _ in one.spans})
NEAR = (
    *("4111 1111 1111 1112", "DE89 3704 0044 0532 0130 01", "12345678 ", "X1234567L", "AB 12 34 56 C", "2A", "1.2.3.4"),
    *("sk-", "sk-learn-is-nice", "AKIA", "ABCDEFGHIJKLMNOP1234567890==", "eyJ", "eyJhbGciOiJ", "eyJub3QiOiJhIGp3dCJ9"),
    *(
        "-----BEGIN ",
        "-----BEGIN RSA PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----",
        "-----END X-----",
        "Version: 1\n",
    ),
    *("a@b", "a.b@c.d", "@example.org", "git@github.com:x", "https://", "https://user:", "https://user:pass@", "://"),
    *("api_key = ", "API_KEY=", "password: ", "Bearer ", "2001:db8:", "::", "+49 ", "+", "(", "(0", "0912 345", "678 "),
    *("x" * 45, "a1b2c3d4" * 8, "9" * 30, "12 34 56 78 90 ", "10 20 30 40 50 60 70 80 90 100 "),
)
AROUND = (
    *(
        "phone ",
        "số ",
        "card ",
        "SSN ",
        "CCCD ",
        "order number ",
        "version ",
        "手机",
        "漢字",
        "é",
        "ü",
        "Zebra",
        "word",
    ),
    *("**", "*", "_", "`", "```\n", "[a](", "\\_", "\\", "\\n", "\r\n", "\n", "\n\n", " ", "  ", "-", "--", "-----"),
    *(".", ",", ":", "/", "@", "=", "%", "'", '"', "<", ">", "A", "B", "Z ", "the quick brown fox ", "2024", "1"),
)
# Of what a whole text may be made to keep a pattern busy
HOSTILE = (
    *(
        "1 2 3 4 5 ",
        "0912 345 678 ",
        "a@",
        "a.",
        "a.b@c.d",
        "@",
        "eyJ",
        "eyJhbGci",
        "sk-a1-",
        "sk-" + "a" * 20,
        "9",
        "(+",
    ),
    *(
        "abcd:",
        "::",
        "-----BEGIN ",
        "-----BEGIN PRIVATE KEY-----\n",
        "://a:1",
        "://",
        "key=key=",
        "DE89 ",
        "AB 12 ",
        "\\n",
    ),
    *(
        "token: ",
        "Bearer ",
        "[",
        "![](",
        "[a](//b.example/",
        "<img src=",
        "<a ",
        "(" * 9,
        "](",
        "\\",
        '"',
        "https://a",
        "&#",
    ),
)
_match = st.sampled_from(MATCHES)
_cut = st.builds(lambda text, share: text[: int(len(text) * share)], _match, st.floats(0, 1))
_broken = st.builds(
    lambda text, share, inside: text[: int(len(text) * share)] + inside + text[int(len(text) * share) :],
    _match,
    st.floats(0, 1),
    st.sampled_from(AROUND),
)
_piece = st.one_of(
    _match, _cut, _broken, st.sampled_from(NEAR), st.sampled_from(AROUND), st.text(max_size=4), st.just(" ")
)
PII_TEXTS = st.lists(_piece, max_size=10).map("".join)


def cuts(text: str) -> st.SearchStrategy[list[str]]:
    """The text in pieces, some of them empty."""
    return st.lists(st.integers(0, len(text)), max_size=12).map(lambda places: _cut_at(text, sorted(places)))


def _cut_at(text: str, places: list[int]) -> list[str]:
    ends = [*places, len(text)]
    return [text[begin:end] for begin, end in zip([0, *places], ends, strict=True)]


def streamed(feed: Callable[[str], str], finish: Callable[[], str], chunks: list[str]) -> str:
    return "".join([*map(feed, chunks), finish()])


def found(text: str) -> list[tuple[str, str]]:
    return [(one.category, text[one.start : one.end]) for one in find_pii(text)]
