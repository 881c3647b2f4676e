"""How attached files stand in what a model is given: a document's text in the message, an image beside it."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.core.files.storage import default_storage

from chat.models import Attachment
from chat.models.attachment import SENT
from providers.contract import ImagePart

PNG_MARK = b"\x89PNG"
# Vendors take 20 to 600 images in a request, of 20 to 50 MB together; one of ours has 0.2 MB as a rule, 1.5 at most.
# Sources, November 2026: https://platform.claude.com/docs/en/build-with-claude/vision (100, and 32 MB),
# https://ai.google.dev/gemini-api/docs/image-understanding (20 MB), https://docs.x.ai/docs/guides/image-understanding.
MAX_IMAGES = 20
# What the wrapping takes beside a document's name and text
WRAPPING_TOKENS = 40
MARK_CHARS = 12
_OPENED = re.compile(rf"<document-([0-9a-f]{{{MARK_CHARS}}}) name=")
_CLOSED = re.compile(rf"</document-([0-9a-f]{{{MARK_CHARS}}})>")


@dataclass(frozen=True, slots=True)
class SaidImage:
    """`file` is its name in the storage, blank where its content was never here."""

    name: str
    file: str


def read_attached(message_ids: Collection[UUID], *, has_text: bool = True) -> dict[UUID, list[Attachment]]:
    """By message, in one query."""
    found: defaultdict[UUID, list[Attachment]] = defaultdict(list)
    rows = Attachment.objects.filter(message__in=message_ids).in_order()
    for one in rows if has_text else rows.defer("text"):
        assert one.message_id is not None
        found[one.message_id].append(one)
    return found


def with_documents(text: str, attached: Iterable[Attachment]) -> str:
    """The documents, then what the person wrote."""
    documents = [wrapped(one) for one in attached if not one.is_image]
    return "\n\n".join(filter(None, [*documents, text]))


def wrapped(document: Attachment) -> str:
    """Its text between marks that name it and that nothing in it can close."""
    name = document.name.replace("\n", " ").replace('"', "'")
    if not document.text:
        return f'[The file "{name}" was attached; its content isn\'t known here.]'
    mark = _mark(document)
    return f'<document-{mark} name="{name}">\n{document.text}\n</document-{mark}>'


def rejoined(head: str, gap: str, tail: str) -> str:
    """A text of which the middle was taken out: a document whose end went with it is closed before the tail, one whose
    beginning went is opened there."""
    closed = [mark for mark in _OPENED.findall(head) if f"</document-{mark}>" not in head]
    closings = "".join(f"</document-{mark}>\n" for mark in closed if f"</document-{mark}>" not in tail)
    opened = [mark for mark in _CLOSED.findall(tail) if mark not in closed and f"<document-{mark} " not in tail]
    openings = "".join(f"<document-{mark}>\n" for mark in opened[:1])
    return f"{head}{gap}{closings}{openings}{tail}"


def tokens_of_attached(attached: Iterable[Attachment]) -> int:
    """Of the documents, as counted when they were read; images count by the model."""
    return sum(one.text_tokens + WRAPPING_TOKENS + len(one.name) // 2 for one in attached if not one.is_image)


def images_of(attached: Iterable[Attachment]) -> tuple[SaidImage, ...]:
    return tuple(SaidImage(one.name, one.file) for one in attached if one.is_image)


def left_out(images: Sequence[SaidImage]) -> str:
    """What stands for images that a model isn't given."""
    return "\n".join(f'[The image "{one.name}" was attached here; it is left out.]' for one in images)


def read_image(image: SaidImage) -> ImagePart | None:
    """None where the storage hasn't got it. Blocks: for a thread, never the loop."""
    if not image.file:
        return None
    try:
        with default_storage.open(image.file + SENT) as file:
            data = file.read()
    except FileNotFoundError:
        return None
    return ImagePart("image/png" if data.startswith(PNG_MARK) else "image/jpeg", data)


def _mark(document: Attachment) -> str:
    """The same at each turn, so that providers find what they keep of a request's beginning."""
    mark = hashlib.sha256(document.text.encode()).hexdigest()[:MARK_CHARS]
    while mark in document.text:
        mark = hashlib.sha256(mark.encode()).hexdigest()[:MARK_CHARS]
    return mark
