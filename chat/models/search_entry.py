"""What search has of each message and title. The database's own triggers write these rows; see `chat/search/`."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.translation import gettext_lazy


class WordsField(models.TextField):  # type: ignore[type-arg]  # read and written by SQL only
    """Folded text on SQLite, from which FTS5 has its index; a tsvector on PostgreSQL."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        return "tsvector" if connection.vendor == "postgresql" else super().db_type(connection)


class SearchEntry(models.Model):
    """A message that isn't being written any more, or, without one, the title and the topics of a conversation.

    `id` begins with the moment of what it stands for (`entry_id`), so that its order is that of time. The rows go with
    theirs by trigger, for which no constraint of the database has to look.
    """

    id = models.BigIntegerField(primary_key=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    conversation = models.ForeignKey(
        "Conversation", on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    message = models.OneToOneField(
        "Message", on_delete=models.DO_NOTHING, db_constraint=False, null=True, related_name="+"
    )
    model = models.CharField(max_length=200, blank=True)
    words = WordsField()

    objects: ClassVar[models.Manager[SearchEntry]] = models.Manager()

    class Meta:
        verbose_name = gettext_lazy("search entry")
        verbose_name_plural = gettext_lazy("search entries")
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"], condition=models.Q(message=None), name="search_entry_one_title"
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "-id"], name="search_entry_newest"),
            models.Index(fields=["owner", "model"], condition=~models.Q(model=""), name="search_entry_models"),
        ]

    def __str__(self) -> str:
        return str(self.id)
