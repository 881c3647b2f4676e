"""The shown path as one HTML file that needs nothing else: it opens from a disk, without network and script."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from django.core.files.storage import default_storage
from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.translation import get_language, get_language_bidi
from django.utils.translation import gettext as _

from chat.exports.markdown import heading, hidden_words
from chat.exports.reading import content_of, path_of, text_so_far
from chat.fragments import stored_html
from chat.models import Attachment, Conversation, Message
from chat.models.attachment import SENT, image_type
from chat.rendering import render_markdown
from convoscope.encrypted_content import Unreadable

STYLE = (Path(__file__).parent / "page.css").read_text("utf-8")
_STYLE_DIGEST = b64encode(hashlib.sha256(STYLE.encode()).digest()).decode("ascii")
POLICY = f"default-src 'none'; style-src 'sha256-{_STYLE_DIGEST}'; img-src data:; base-uri 'none'; form-action 'none'"


def conversation_page(conversation: Conversation, *, exported_at: datetime) -> Iterator[bytes]:
    title = escape(conversation.title)
    exported = _("Exported on %(date)s") % {"date": date_format(exported_at.astimezone(UTC), "DATE_FORMAT")}
    yield (
        f'<!doctype html>\n<html lang="{get_language() or "en"}" dir="{"rtl" if get_language_bidi() else "ltr"}">\n'
        f'<head>\n<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n<meta name="robots" content="noindex">\n'
        f'<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1 dir="auto">{title}</h1>\n'
        f"<p>{escape(exported)}</p>\n"
    ).encode()
    for message in path_of(conversation):
        yield from _article(message)
    yield b"</main>\n</body>\n</html>\n"


def _article(message: Message) -> Iterator[bytes]:
    kind, body = "question", str(escape(message.text))
    if message.role != Message.Role.USER:
        html = render_markdown(text_so_far(message)) if message.is_unfinished else stored_html(message)
        # Nothing is there that could copy.
        kind, body = "answer", html.replace("<copy-button></copy-button>", "")
    yield f"<article>\n<h2>{escape(heading(message))}</h2>\n".encode()
    if any(part["type"] == "attachment" for part in message.parts):
        for attachment in message.attachments.defer("text").order_by("position"):
            yield from _file(attachment)
    if hidden := hidden_words(message):
        yield f"<p>{escape(hidden)}</p>\n".encode()
    if body:
        yield f'<div class="{kind}" dir="auto">{body}</div>\n'.encode()
    yield b"</article>\n"


def _file(attachment: Attachment) -> Iterator[bytes]:
    """An image as models were given it; a document by its name."""
    name = escape(attachment.name)
    if not attachment.is_image or not default_storage.exists(attachment.file + SENT):
        yield f'<p class="file" dir="auto">{name}</p>\n'.encode()
        return
    try:
        data = b"".join(content_of(attachment, SENT))
    except Unreadable as unreadable:
        yield f'<p class="file" dir="auto">{name}: {escape(unreadable.user_message)}</p>\n'.encode()
        return
    yield f'<p class="file"><img alt="{name}" src="data:{image_type(data)};base64,'.encode()
    yield b64encode(data)
    yield b'"></p>\n'
