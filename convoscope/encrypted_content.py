"""What people write and are answered, encrypted before it is stored where the site wants that (`ENCRYPT_CONTENT`). Each
value says by itself whether it is encrypted, and under which key: so both kinds stand side by side while that changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.conf import settings
from django.utils.translation import gettext as _

from convoscope.encryption import Undecryptable, decrypt_bytes, encrypt_bytes, purpose_keys
from convoscope.errors import AppError

# Nothing in clear begins with it: what a person wrote so is encrypted, whatever the site wants.
MARK = "convoscope-encrypted:"
_MARK = MARK.encode()


# What was met so far where pages and exports go on without what can't be read; None where nobody does.
_marked: ContextVar[set[str] | None] = ContextVar("marked", default=None)


class Unreadable(AppError):
    """Stored under a key that this site no longer has. Seen by who wanted to do something with it; who only reads sees
    its words in the place of the content, see `unreadable_marked`."""

    code = "CONTENT_UNREADABLE"
    http_status = 409

    def __init__(self) -> None:
        super().__init__(
            _(
                "This was stored under a key that this site no longer has. It is kept: once whoever runs the site has"
                " put that key back into FIELD_ENCRYPTION_KEYS, it can be read again."
            )
        )


@contextmanager
def unreadable_marked(found: set[str] | None = None) -> Iterator[None]:
    """For what is only read: in the place of what can't be read stand words that say so. What they stand for is put
    into `found` by its beginning, each once."""
    token = _marked.set(set() if found is None else found)
    try:
        yield
    finally:
        _marked.reset(token)


def marked_pieces(pieces: Iterator[bytes], found: set[str] | None = None) -> Iterator[bytes]:
    """What is read piece by piece, each perhaps on another thread, all of them `unreadable_marked`."""
    while True:
        with unreadable_marked(found):
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece


def mark_unreadable(stored: bytes) -> str:
    """The words in its place.

    Raises: Unreadable, but where `unreadable_marked`.
    """
    found = _marked.get()
    if found is None:
        raise Unreadable
    # Behind the mark and the key stands what no two have in common.
    found.add(stored[:120].decode())
    return Unreadable().user_message


def is_encrypted(stored: bytes) -> bool:
    return stored.startswith(_MARK)


def is_current(stored: bytes) -> bool:
    """Whether it is stored as the site wants it now: under its newest key, or in clear."""
    return stored.startswith(_beginning()) if settings.ENCRYPT_CONTENT and stored else not is_encrypted(stored)


def to_stored(content: bytes, *, place: str) -> bytes:
    """`place` is where it is stored, such as `chat.Message.text`: moved elsewhere it can't be read. Nothing stays
    nothing, so that queries see it."""
    if not content or not (settings.ENCRYPT_CONTENT or is_encrypted(content)):
        return content
    return _beginning() + encrypt_bytes(content, field=place)


def from_stored(stored: bytes, *, place: str) -> bytes:
    """Raises: Unreadable."""
    if not is_encrypted(stored):
        return stored
    try:
        return decrypt_bytes(stored[len(_beginning()) :], field=place)
    except Undecryptable as exc:
        raise Unreadable from exc


def _beginning() -> bytes:
    """The mark and the name of the newest key."""
    return _MARK + purpose_keys("names of the keys of content")[0].hex()[:8].encode() + b":"
