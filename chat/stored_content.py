"""All that is encrypted or not by ENCRYPT_CONTENT, stored anew as the site wants it now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.files.storage import default_storage
from django.db import models
from django.db.models.functions import Cast

from chat.models import Attachment
from chat.models.attachment import SENT, THUMBNAIL
from convoscope.encrypted_content import Unreadable, is_current
from convoscope.encrypted_fields import Encrypted, EncryptedBinaryField, Locked

BATCH = 200


@dataclass(slots=True)
class Done:
    values: int = 0
    files: int = 0
    unreadable: int = 0


def store_anew() -> Done:
    """Each value by itself: what changes meanwhile was stored by its writer as the site wants it. May be stopped and
    begun again. What can't be read is counted, and stays as it is."""
    done = Done()
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if isinstance(field, Encrypted):
                _store_column(field, done)
    _store_files(done)
    return done


def _store_column(field: Encrypted, done: Done) -> None:
    for row in _stored(field):
        if is_current(_bytes(row["stored"])):
            continue
        same = field.model._base_manager.annotate(stored=_as_stored(field)).filter(pk=row["pk"], stored=row["stored"])
        content = same.values_list(field.name, flat=True).first()
        if isinstance(content, Locked):
            done.unreadable += 1
        # Otherwise its writer was quicker.
        elif content is not None:
            done.values += same.update(**{field.name: content})


def _stored(field: Encrypted) -> Iterator[dict[str, Any]]:
    rows = field.model._base_manager.order_by("pk").annotate(stored=_as_stored(field)).exclude(stored=None)
    batch = list(rows.values("pk", "stored")[:BATCH])
    while batch:
        yield from batch
        batch = list(rows.filter(pk__gt=batch[-1]["pk"]).values("pk", "stored")[:BATCH])


def _as_stored(field: Encrypted) -> Cast:
    kind = models.BinaryField() if isinstance(field, EncryptedBinaryField) else models.TextField()
    return Cast(field.name, kind)


def _bytes(stored: str | bytes) -> bytes:
    """JSON that is encrypted is a text in quotation marks; without anything in it, it stays as it is."""
    if not isinstance(stored, str):
        return bytes(stored)
    return b"" if stored in ("[]", "{}") else stored.removeprefix('"').encode()


def _store_files(done: Done) -> None:
    names = Attachment.objects.exclude(file="").order_by("file").values_list("file", flat=True).distinct()
    for file in names.iterator(chunk_size=BATCH):
        for name in (file, file + SENT, file + THUMBNAIL):
            try:
                done.files += default_storage.store_anew(name)  # type: ignore[attr-defined]  # ours, see STORAGES
            except FileNotFoundError:
                continue
            except Unreadable:
                done.unreadable += 1
