"""Files of exports, imports and attachments that no row names: a process was killed before it wrote the row, or before
it deleted the file after it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from django.core.files.storage import default_storage
from django.utils import timezone

from chat.models import Attachment, ConversationExport, ConversationImport
from chat.models.attachment import SENT, THUMBNAIL
from convoscope.background import time_is_up

FOLDERS: dict[str, type[ConversationExport | ConversationImport | Attachment]] = {
    "exports": ConversationExport,
    "imports": ConversationImport,
    "attachments": Attachment,
}
# A file may be some moments older than its row, or younger than what is told of it.
LEFT_ALONE = timedelta(days=1)


def purge_stray_files() -> int:
    """Delete them. Returns how many."""
    before, removed = timezone.now() - LEFT_ALONE, 0
    for name in _unnamed():
        if time_is_up():
            break
        # Whoever is at it too may have been quicker.
        with suppress(FileNotFoundError):
            if default_storage.get_modified_time(name) < before:
                default_storage.delete(name)
                removed += 1
    return removed


def delete_folders(owner_id: UUID) -> None:
    """All files of one person, whether a row names them or not."""
    for folder in FOLDERS:
        place = f"{folder}/{owner_id}"
        # Until the first is written there is none.
        with suppress(FileNotFoundError):
            for name in default_storage.listdir(place)[1]:
                default_storage.delete(f"{place}/{name}")
            # An empty folder of a file system, which bears the person's id; other stores have none.
            default_storage.delete(place)


def _unnamed() -> Iterator[str]:
    """Each person's are in a folder of their own, and their rows are read at once."""
    for folder, model in FOLDERS.items():
        # Until the first is written there is none.
        with suppress(FileNotFoundError):
            for owner in default_storage.listdir(folder)[0]:
                names = [f"{folder}/{owner}/{name}" for name in default_storage.listdir(f"{folder}/{owner}")[1]]
                named = set(model.objects.filter(owner=owner).values_list("file", flat=True))
                yield from (one for one in names if one.removesuffix(SENT).removesuffix(THUMBNAIL) not in named)
