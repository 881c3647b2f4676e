"""The one place that decides what a message may hold; the page and the API both come through here."""

from __future__ import annotations

import re
import unicodedata

from django.conf import settings
from django.utils.translation import gettext as _

from convoscope.errors import MessageTooLong, ValidationFailed

# C0 controls but tab and line feed, DEL, and lone surrogates, which no database and no UTF-8 stream can hold.
_UNWANTED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_LINE_BREAKS = re.compile(r"\r\n?|\u2028|\u2029")
# White space, controls, and formats such as a zero-width space
_UNSEEN = frozenset(("Cc", "Cf", "Zl", "Zp", "Zs"))
PREFILL_MAX_CHARS = 4_000


def clean_message_text(raw: str, *, has_attachments: bool = False) -> str:
    """The text of a message as it is stored: NFC, `\\n` line breaks, no controls; joiners and directions are kept. With
    attachments it may be empty.

    Raises: ValidationFailed if nothing is left or it is longer than CHAT_MESSAGE_MAX_CHARS.
    """
    text = clean_paragraphs(raw)
    if is_blank(text):
        if has_attachments:
            return ""
        raise ValidationFailed(_("Please enter a message"), field="text")
    if len(text) > settings.CHAT_MESSAGE_MAX_CHARS:
        raise MessageTooLong(
            _("This message has %(length)s characters; the limit is %(limit)s. Shorten it, or attach it as a file.")
            % {"length": f"{len(text):,}", "limit": f"{settings.CHAT_MESSAGE_MAX_CHARS:,}"},
            field="text",
        )
    return text


def is_blank(text: str) -> bool:
    """Whether nothing of it could be seen."""
    return all(unicodedata.category(character) in _UNSEEN for character in text)


def clean_paragraphs(raw: str) -> str:
    """Text of several lines, fit to be stored; it may be blank."""
    return unicodedata.normalize("NFC", _UNWANTED.sub("", _LINE_BREAKS.sub("\n", raw)))


def clean_line(raw: str, *, max_chars: int) -> str:
    """A single line such as a title: white space joined, controls removed, cut at `max_chars`."""
    text = unicodedata.normalize("NFC", _UNWANTED.sub("", _LINE_BREAKS.sub(" ", raw)))
    return " ".join(text.split())[:max_chars].rstrip()


def clean_prefill(raw: str) -> str:
    """Text that a link puts into the message field, which the person still reads before it is sent."""
    return clean_paragraphs(raw)[:PREFILL_MAX_CHARS]
