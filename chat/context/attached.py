"""How attached files stand in what a model is given: a document's text in the message, an image beside it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.core.files.storage import default_storage
from django.db.models import TextField
from django.db.models.functions import Left

from chat.models import Attachment
from chat.models.attachment import SENT, image_type
from convoscope.encrypted_content import MARK
from convoscope.encrypted_fields import unlocked
from providers.contract import ImagePart, Model
from providers.documents import AS_DATA, Document, wrapped
from providers.tokens import image_tokens

# Vendors take 20 to 600 images in a request, of 20 to 50 MB together; one of ours has 0.2 MB as a rule, 1.5 at most.
# Sources, November 2026: https://platform.claude.com/docs/en/build-with-claude/vision (100, and 32 MB),
# https://ai.google.dev/gemini-api/docs/image-understanding (20 MB), https://docs.x.ai/docs/guides/image-understanding.
MAX_IMAGES = 20
# Of what documents say on a path: twice the largest window. Read for each answer, more would fill the memory.
DOCUMENTS_MAX_TOKENS = 2_000_000
# What the wrapping takes beside a document's name and text, and the note before the first
WRAPPING_TOKENS = 70


@dataclass(frozen=True, slots=True)
class SaidImage:
    """`file` is its name in the storage."""

    name: str
    file: str


def read_attached(message_ids: Collection[UUID]) -> dict[UUID, list[Attachment]]:
    """By message, in one query, without what documents say; of hidden messages none."""
    found: defaultdict[UUID, list[Attachment]] = defaultdict(list)
    for one in Attachment.objects.filter(message__in=message_ids, message__hidden_at=None).in_order().defer("text"):
        assert one.message_id is not None
        found[one.message_id].append(one)
    return found


def read_texts(attached: Iterable[Attachment], *, max_chars: int | None = None) -> None:
    """Read what documents say, in one query; with `max_chars` how each begins."""
    documents = [one for one in attached if not one.can_be_seen]
    if not documents:
        return
    rows = Attachment.objects.filter(id__in=[one.id for one in documents])
    texts = (
        {}
        if max_chars is None
        else dict(rows.values_list("id", Left("text", max(max_chars, len(MARK)), output_field=TextField())))
    )
    if max_chars is None or any(text.startswith(MARK) for text in texts.values()):
        # Encrypted, a beginning says nothing.
        texts = {file_id: unlocked(text) for file_id, text in rows.values_list("id", "text")}
    for one in documents:
        one.text = texts.get(one.id, "")[:max_chars]


def read_newest_texts(by_message: Iterable[Sequence[Attachment]]) -> None:
    """Of a path, whose newest message comes first: of that one all, and of the others as far as DOCUMENTS_MAX_TOKENS
    go. Of the rest it isn't known what they say."""
    left_tokens, read = DOCUMENTS_MAX_TOKENS, list[Attachment]()
    for place, attached in enumerate(by_message):
        left_tokens -= tokens_of_attached(attached)
        if place == 0 or left_tokens >= 0:
            read += attached
            continue
        for one in attached:
            one.text, one.text_tokens = "", 0
    read_texts(read)


def with_documents(text: str, attached: Iterable[Attachment]) -> str:
    """The documents, as data, then what the person wrote."""
    documents = [one for one in attached if not one.can_be_seen]
    note = AS_DATA if any(one.text for one in documents) else ""
    return "\n\n".join(filter(None, [note, *map(_document, documents), text]))


def _document(document: Attachment) -> str:
    if not document.text:
        return f"[The file {document.name} was attached; its content isn't known here.]"
    return wrapped(Document(document.name, document.text))


def tokens_of_attached(attached: Iterable[Attachment]) -> int:
    """Of the documents, as counted when they were read; images count by the model."""
    return sum(one.text_tokens + WRAPPING_TOKENS + len(one.name) // 2 for one in attached if not one.can_be_seen)


def input_tokens_of(attached: Iterable[Attachment], model: Model | None) -> int:
    """About what files count in a request to this model, or with None to any."""
    attached = list(attached)
    return tokens_of_attached(attached) + sum(one.can_be_seen for one in attached) * image_tokens(model)


def images_of(attached: Iterable[Attachment]) -> tuple[SaidImage, ...]:
    return tuple(SaidImage(one.name, one.file) for one in attached if one.can_be_seen)


def left_out(images: Sequence[SaidImage]) -> str:
    """What stands for images that a model isn't given."""
    return "\n".join(f'[The image "{one.name}" was attached here; it is left out.]' for one in images)


def read_image(image: SaidImage) -> ImagePart | None:
    """None where the storage hasn't got it. Blocks: for a thread, never the loop."""
    try:
        with default_storage.open(image.file + SENT) as file:
            data = file.read()
    except FileNotFoundError:
        return None
    return ImagePart(image_type(data), data)
