"""Rows of any model, made up by what its fields want: each with rows of its own behind its foreign keys."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from django.apps import apps
from django.db import models
from uuid_utils.compat import uuid7

NOW = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
# What a row's constraints want of it, by model.
WANTED: dict[str, dict[str, Any]] = {
    "accounts.ClaimRule": {"effect": "tier", "tier": "free", "team": None, "role": "", "counts_as": ""},
    "accounts.IdentityProvider": {"kind": "oidc"},
    "accounts.Preferences": {"temperature": 1},
    "accounts.User": {"is_active": True},
    "chat.Message": {
        "deleted_at": None,
        "hidden_at": None,
        "parent": None,
        "comparison": None,
        "role": "assistant",
        "status": "complete",
    },
    "chat.ModerationAction": {"undone_by": None},
    "chat.Conversation": {"active_leaf": None, "summary_leaf": None, "deleted_at": None, "folder": None},
    "chat.Attachment": {"message": None, "share": None},
    "chat.Comparison": {"chosen": None},
    "chat.ConversationEntities": {"leaf": None},
    "chat.ConversationExport": {"status": "ready"},
    "chat.ConversationImport": {"status": "ready"},
    "chat.Experiment": {"share_percent": 50, "ended_at": NOW},
    "chat.Run": {"status": "complete"},
    "providers.Budget": {"scope": "user", "team": None, "api_key": None},
    "providers.Endpoint": {"is_custom": False, "adapter": "", "label": ""},
    "providers.ModelRow": {"input_usd": 1, "output_usd": 1, "context_window_tokens": None},
    "providers.Worth": {"minutes_saved": None, "hourly_rate_nanousd": None},
}
# Of these there is one row at most.
SINGLE = ("accounts.AuditHead", "providers.CacheSettings")

_numbers = count(1)


def make_row(model: type[models.Model], **given: Any) -> Any:
    """One more row, with every field filled that can be."""
    wanted = WANTED.get(model._meta.label, {}) | given
    if model._meta.label in SINGLE:
        return model._default_manager.get_or_create(id=1)[0]
    if model._meta.label == "chat.SearchEntry":
        # The database makes it of the message.
        return model._default_manager.get(message=make_row(apps.get_model("chat.Message")))
    values = {
        field.name: wanted[field.name] if field.name in wanted else _value(field)
        for field in model._meta.concrete_fields
        if not isinstance(field, models.AutoField)
    }
    [row] = model._default_manager.bulk_create([model(**values)])
    return row


def _value(field: models.Field[Any, Any]) -> Any:
    number = next(_numbers)
    if field.remote_field is not None:
        related = field.related_model
        assert isinstance(related, type)
        return make_row(related)
    if field.choices:
        return field.choices[0][0]
    match field:
        case models.UUIDField():
            return uuid7()
        case models.EmailField():
            return f"person{number}@example.org"
        case models.CharField() | models.TextField():
            return f"words-{number}"[-(field.max_length or 20) :]
        case models.BooleanField():
            return False
        case models.DateTimeField():
            return NOW
        case models.DateField():
            return date.fromordinal(730_000 + number)
        case models.JSONField():
            return field.get_default() if field.has_default() else {}
        case models.SmallIntegerField():
            return number % 30_000
        case models.BinaryField():
            return b"bytes"
        case _:
            return number
