"""Messages: the nodes of a conversation's tree, and how a path through it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self
from uuid import UUID

from django.conf import settings
from django.db import connection, models
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext_lazy
from uuid_utils.compat import uuid7

from convoscope.encrypted_content import Unreadable
from convoscope.encrypted_fields import EncryptedJSONField, EncryptedTextField, unlocked

if TYPE_CHECKING:
    from accounts.models import User

# Depth is bounded by the tree itself; the count stops a cycle that only a damaged database could hold.
PATH_MAX_MESSAGES = 100_000

_PATH_SQL = """
WITH RECURSIVE path(id, parent_id, depth) AS (
    SELECT id, parent_id, 0 FROM chat_message WHERE id = %s
    UNION ALL
    SELECT m.id, m.parent_id, path.depth + 1 FROM chat_message m JOIN path ON m.id = path.parent_id
    WHERE path.depth + 1 < %s
)
"""
_NEWEST_LEAF_SQL = """
WITH RECURSIVE down(id, depth) AS (
    SELECT id, 0 FROM chat_message WHERE id = %s
    UNION ALL
    SELECT (SELECT m.id FROM chat_message m WHERE m.parent_id = down.id AND m.deleted_at IS NULL
            ORDER BY m.id DESC LIMIT 1), depth + 1
    FROM down WHERE down.id IS NOT NULL AND depth + 1 < %s
)
SELECT id FROM down WHERE id IS NOT NULL ORDER BY depth DESC LIMIT 1
"""
_ANSWER_ABOVE_SQL = """
WITH RECURSIVE up(id, parent_id, is_answer, depth) AS (
    SELECT id, parent_id, deleted_at IS NULL AND role = 'assistant' AND status NOT IN ('queued', 'streaming'), 0
    FROM chat_message WHERE id = %s AND conversation_id = %s
    UNION ALL
    SELECT m.id, m.parent_id,
        m.deleted_at IS NULL AND m.role = 'assistant' AND m.status NOT IN ('queued', 'streaming'), up.depth + 1
    FROM chat_message m JOIN up ON m.id = up.parent_id WHERE NOT up.is_answer AND up.depth + 1 < %s
)
SELECT id, is_answer FROM up ORDER BY depth DESC LIMIT 1
"""
_SUBTREE_IDS_SQL = """
WITH RECURSIVE below(id) AS (
    SELECT id FROM chat_message WHERE id = %s
    UNION
    SELECT m.id FROM chat_message m JOIN below ON m.parent_id = below.id
)
SELECT id FROM below
"""
_PATH_IDS_SQL = f"{_PATH_SQL} SELECT id FROM path ORDER BY depth"  # noqa: S608  # nosec B608  # constants only
_PATH_SAID_SQL = (
    f"{_PATH_SQL} SELECT m.id, m.role, "  # noqa: S608  # nosec B608  # constants only
    "CASE WHEN m.hidden_at IS NULL THEN m.text ELSE '' END, m.text_tokens FROM path "
    "JOIN chat_message m ON m.id = path.id ORDER BY depth"
)


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, user: User) -> Self:
        return self.present().filter(conversation__owner=user, conversation__deleted_at=None)

    def present(self) -> Self:
        """Those that weren't deleted."""
        return self.filter(deleted_at=None)

    def readable(self) -> Self:
        """Those that weren't deleted, nor hidden by a moderator."""
        return self.present().filter(hidden_at=None)

    def subtree_of(self, message_id: UUID) -> Self:
        """A message and all below it, found by one recursive query."""
        return self.filter(id__in=RawSQL(_SUBTREE_IDS_SQL, [_to_db(message_id)]))  # noqa: S611  # nosec B611  # a constant

    def on_path_to(self, leaf_id: UUID) -> Self:
        """Those from `leaf_id` up to the root, found by one recursive query."""
        return self.filter(id__in=RawSQL(_PATH_IDS_SQL, [_to_db(leaf_id), PATH_MAX_MESSAGES]))  # noqa: S611  # nosec B611  # a constant

    def path_to(self, leaf_id: UUID | None, *, last: int = PATH_MAX_MESSAGES) -> list[Message]:
        """The `last` messages of the path that ends in `leaf_id`, oldest first."""
        if leaf_id is None:
            return []
        ids = path_ids(leaf_id, last=last)
        found = self.in_bulk(ids)
        return [found[message_id] for message_id in reversed(ids) if message_id in found]

    def compared_with(self, answer: Message) -> list[Message]:
        """The answers of the open comparison that this one is part of, in the order they were asked for; none if it is
        part of none."""
        if answer.comparison_id is None:
            return []
        return list(self.present().filter(comparison=answer.comparison_id, comparison__chosen_at=None).order_by("id"))


def path_said(leaf_id: UUID, *, last: int) -> list[tuple[UUID, str, str, int | None]]:
    """Id, role, text and its tokens of the `last` messages of the path that ends in `leaf_id`, oldest first, in one
    query. A hidden message says nothing.

    Raises: Unreadable.
    """
    read = Message._meta.get_field("text").from_db_value
    with connection.cursor() as cursor:
        cursor.execute(_PATH_SAID_SQL, [_to_db(leaf_id), last])
        return [
            (_from_db(message_id), role, unlocked(read(text, None, connection)), text_tokens)
            for message_id, role, text, text_tokens in reversed(cursor.fetchall())
        ]


def path_ids(leaf_id: UUID, *, last: int = PATH_MAX_MESSAGES) -> list[UUID]:
    """Ids from `leaf_id` up to the root, at most `last` of them, read by one recursive query."""
    with connection.cursor() as cursor:
        cursor.execute(_PATH_IDS_SQL, [_to_db(leaf_id), last])
        return [_from_db(row[0]) for row in cursor.fetchall()]


def newest_leaf_id(message_id: UUID) -> UUID:
    """The leaf below a message that following the newest child at each step leads to, read by one recursive query."""
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST_LEAF_SQL, [_to_db(message_id), PATH_MAX_MESSAGES])
        return _from_db(cursor.fetchone()[0])


def answer_above(message_id: UUID, *, conversation_id: UUID) -> UUID | None:
    """The message itself if it is an answer that has ended, else the nearest such above it; None where there is none.
    One query for any depth, and no text is read.

    Raises: Message.DoesNotExist if the conversation has no such message.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ANSWER_ABOVE_SQL, [_to_db(message_id), _to_db(conversation_id), PATH_MAX_MESSAGES])
        row = cursor.fetchone()
    if row is None:
        raise Message.DoesNotExist
    return _from_db(row[0]) if row[1] else None


def _from_db(value: object) -> UUID:
    return value if isinstance(value, UUID) else UUID(str(value))


def _to_db(message_id: UUID) -> UUID | str:
    value: UUID | str = Message._meta.pk.get_db_prep_value(message_id, connection)
    return value


class Message(models.Model):
    """One node of the tree; siblings (same parent) are alternatives.

    `parts` is the truth: a list of objects with a `type` of text, reasoning, tool_call, tool_result, attachment or
    notice; a reasoning part has its `duration_ms` where it is known, an attachment's part the `id` of its `Attachment`
    and its `name`. `text` and `html` are derived from it, for
    search and so that a page costs no Markdown; `html` of an
    older `render_version` is rendered anew when shown. `text_tokens` is about what the text counts for a model that
    makes many tokens of it; None where nobody counted. `turn_key` is the page's own name for what it sent.
    `metadata` of a question has the `digest` by which a repeated submit is known; of an answer `follow_ups`, the
    messages that are suggested after it. `feedback` is what the person thought of an answer. `deleted_at` is the same
    for a deleted message and what was below it then: until they are purged they can be brought back, and no path leads
    through them. One with `hidden_at` was hidden by a moderator: it keeps its place, and what it says is shown to
    moderators alone.
    """

    class Role(models.TextChoices):
        USER = "user"
        ASSISTANT = "assistant"

    class Status(models.TextChoices):
        QUEUED = "queued"
        STREAMING = "streaming"
        COMPLETE = "complete"
        STOPPED = "stopped"
        FAILED = "failed"
        BLOCKED = "blocked"

    class Feedback(models.TextChoices):
        GOOD = "good"
        BAD = "bad"

    UNFINISHED = (Status.QUEUED, Status.STREAMING)
    # The finish reason of an answer that is a clarifying question.
    ASKED_BACK = "asked_back"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation = models.ForeignKey("Conversation", on_delete=models.CASCADE, related_name="messages")
    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="children")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    turn_key = models.UUIDField(null=True, blank=True)
    comparison = models.ForeignKey(
        "Comparison", on_delete=models.SET_NULL, null=True, blank=True, related_name="answers"
    )
    role = models.CharField(max_length=10, choices=Role.choices)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.COMPLETE)
    parts = EncryptedJSONField(default=list)
    text = EncryptedTextField(blank=True)
    text_tokens = models.PositiveIntegerField(null=True, blank=True)
    html = EncryptedTextField(blank=True)
    render_version = models.PositiveSmallIntegerField(default=0)
    model = models.CharField(max_length=200, blank=True)
    provider = models.CharField(max_length=50, blank=True)
    finish_reason = models.CharField(max_length=20, blank=True)
    input_tokens = models.PositiveIntegerField(null=True, blank=True)
    output_tokens = models.PositiveIntegerField(null=True, blank=True)
    feedback = models.CharField(max_length=4, choices=Feedback.choices, blank=True)
    feedback_comment = EncryptedTextField(blank=True)
    feedback_at = models.DateTimeField(null=True, blank=True)
    metadata = EncryptedJSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    hidden_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[MessageQuerySet] = MessageQuerySet.as_manager()  # type: ignore[assignment]  # typed as its queryset

    class Meta:
        verbose_name = gettext_lazy("message")
        verbose_name_plural = gettext_lazy("messages")
        constraints = [
            models.UniqueConstraint(
                fields=["author", "turn_key"],
                condition=models.Q(turn_key__isnull=False),
                name="message_turn_key_once_per_author",
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], condition=~models.Q(feedback=""), name="message_with_feedback"),
            models.Index(fields=["deleted_at"], condition=models.Q(deleted_at__isnull=False), name="message_deleted"),
            models.Index(fields=["conversation"], condition=models.Q(hidden_at__isnull=False), name="message_hidden"),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.id}"

    @property
    def is_unfinished(self) -> bool:
        return self.status in self.UNFINISHED

    @property
    def has_text(self) -> bool:
        """Also where nobody can read it."""
        try:
            return bool(self.text)
        except Unreadable:
            return True

    def veiled(self) -> Message:
        """Itself, where it is hidden without what it says. For those who read: that isn't to be saved."""
        if self.hidden_at is not None:
            self.parts, self.text, self.html = [], "", ""
        return self
