"""What is stored of texts, whoever can read it."""

from __future__ import annotations

from django.db.models import TextField
from django.db.models.functions import Cast

from chat.models import Checkpoint, Message

OLD, NEW = "the old secret, long enough to pass the check", "the new secret, long enough to pass the check"
_NAMES = ((Message, "text"), (Message, "parts"), (Message, "html"), (Checkpoint, "text_delta"))


def stored_texts() -> dict[tuple[object, str], str]:
    """By row and column. Only what was encrypted."""
    found: dict[tuple[object, str], str] = {}
    for model, name in _NAMES:
        rows = model._base_manager.annotate(stored=Cast(name, TextField())).values_list("pk", "stored")
        found |= {(pk, name): stored for pk, stored in rows if "convoscope-encrypted:" in stored}
    return found
