"""What the register of personal data says of conversations and what belongs to them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy

from accounts.privacy.data_classes import ANALYTICS, CONVERSATIONS
from accounts.privacy.erasing import NotWhole
from accounts.privacy.registry import Erase, Inside, NotExported, Rows, System, Table, of, register
from chat.actions.comparisons import purge_comparisons
from chat.actions.purging import purge_person
from chat.actions.stray_files import delete_folders
from chat.models import Conversation, Message, SearchEntry, Share
from chat.search import index
from chat.shares.shown import shown_in, shows_image

_WITHIN = Inside("conversations/")
_DERIVED = gettext_lazy("Made of messages that the archive has")


def erase_conversations(user_id: UUID) -> None:
    """Raises: NotWhole while an answer is being written: what it uses is booked at its end."""
    purge_person(user_id)
    purge_comparisons()
    if Conversation.objects.filter(owner=user_id).exists():
        raise NotWhole("chat.Conversation")


def erase_from_index(user_id: UUID) -> None:
    """Raises: NotWhole while the index is large and the time is up."""
    SearchEntry.objects.filter(owner=user_id).delete()
    if not index.drop_forgotten():
        raise NotWhole("chat.SearchEntry")


def compared_by(user_id: UUID) -> Q:
    """Each once, however many answers it has."""
    return Q(pk__in=Message.objects.filter(conversation__owner=user_id).values("comparison"))


def readable_link(row: dict[str, Any]) -> dict[str, Any]:
    """Without what a moderator has hidden."""
    return row | {"snapshot": shown_in(row["conversation_id"], row["snapshot"])}


def readable_file(row: dict[str, Any]) -> dict[str, Any]:
    """Of a message that a moderator has hidden, or shown at a link that shows it no more, nothing of what it is."""
    is_hidden = row["message__hidden_at"] is not None
    if row["share_id"] is not None:
        is_hidden = not shows_image(Share.objects.defer("snapshot").get(id=row["share_id"]), row["id"])
    return row | {"name": "", "sha256": ""} if is_hidden else row


_FILE = ("id", "name", "kind", "media_type", "size_bytes", "sha256", "created_at", "share_id", "message__hidden_at")
_PROMPT = ("name", "title", "description", "text", "is_shared", "team__name", "is_starter", "created_at")
_LINK = ("message_count", "created_at", "expires_at", "revoked_at")
SAID = System(
    "conversations",
    gettext_lazy("Conversations"),
    (
        Table(
            "chat.Flag",
            of("conversation__owner"),
            CONVERSATIONS,
            Rows("flags", ("source", "category", "severity", "status", "created_at", "decided_at")),
        ),
        Table(
            "chat.Look",
            of("owner"),
            CONVERSATIONS,
            Rows("looks", ("reason", "begins_at", "ends_at", "seen_at")),
        ),
        Table(
            "chat.MessageCheck",
            of("message__conversation__owner"),
            CONVERSATIONS,
            NotExported(gettext_lazy("Says only that a message is still to be looked through")),
        ),
        Table("chat.Checkpoint", of("run__message__conversation__owner"), CONVERSATIONS, _WITHIN),
        Table("chat.Run", of("message__conversation__owner"), CONVERSATIONS, _WITHIN),
        Table(
            "chat.Comparison",
            compared_by,
            CONVERSATIONS,
            NotExported(gettext_lazy("Says only which answers were shown side by side")),
        ),
        Table("chat.ConversationEntities", of("conversation__owner"), CONVERSATIONS, _WITHIN),
        Table(
            "chat.ConversationPlaceholders",
            of("conversation__owner"),
            CONVERSATIONS,
            NotExported(gettext_lazy("Its values stand in the messages, which the archive has")),
        ),
        Table("chat.Conversation_tags", of("conversation__owner"), CONVERSATIONS, _WITHIN),
        Table("chat.ImportedSource", of("owner"), CONVERSATIONS, Rows("imported", ("product", "source_id"))),
        Table(
            "chat.Share",
            of("owner"),
            CONVERSATIONS,
            Rows("links", ("conversation_id", "title", "snapshot", *_LINK), readable_link),
        ),
        Table(
            "chat.Attachment",
            of("owner"),
            CONVERSATIONS,
            Rows("attachments", _FILE, readable_file),
        ),
        Table("chat.Message", of("conversation__owner"), CONVERSATIONS, _WITHIN),
        Table(
            "chat.Conversation",
            of("owner"),
            CONVERSATIONS,
            Rows(
                "conversations",
                (
                    *("id", "title", "status", "folder__name", "is_pinned", "is_temporary", "is_health", "archived_at"),
                    *("trashed_at", "resolved_at", "settings", "summary", "topics", "created_at", "active_at"),
                ),
            ),
        ),
    ),
    erase_conversations,
)
SEARCH = System(
    "search",
    gettext_lazy("Search index"),
    (Table("chat.SearchEntry", of("owner"), CONVERSATIONS, NotExported(_DERIVED)),),
    erase_from_index,
)
FILES = System(
    "files",
    gettext_lazy("Files, exports and imports"),
    (
        Table(
            "chat.ConversationExport",
            of("owner"),
            CONVERSATIONS,
            Rows("exports", ("requested_at", "format", "status", "size_bytes", "expires_at")),
        ),
        Table(
            "chat.ConversationImport",
            of("owner"),
            CONVERSATIONS,
            Rows("imports", ("created_at", "name", "size_bytes", "status", "report")),
        ),
    ),
    delete_folders,
)
KEPT_TEXTS = System(
    "texts",
    gettext_lazy("Folders, tags and prompts"),
    (
        Table("chat.Folder", of("owner"), CONVERSATIONS, Rows("folders", ("name", "created_at", "deleted_at"))),
        Table("chat.Tag", of("owner"), CONVERSATIONS, Rows("tags", ("name", "created_at"))),
        Table(
            "chat.Prompt",
            of("owner"),
            CONVERSATIONS,
            Rows("prompts", _PROMPT),
        ),
    ),
)
EVALUATIONS = System(
    "evaluations",
    gettext_lazy("Votes and experiments"),
    (
        Table(
            "chat.PreferenceVote",
            of("voter"),
            ANALYTICS,
            Rows("votes", ("winner", "loser", "cast_at")),
            Erase.UNLINKED,
            (("voter", None),),
            gettext_lazy("Ratings of models count it; who voted is gone"),
        ),
        Table(
            "chat.Experiment",
            of("started_by"),
            ANALYTICS,
            NotExported(gettext_lazy("The site's, not the person's")),
            Erase.UNLINKED,
            (("started_by", None),),
            gettext_lazy("The site's, not the person's"),
        ),
    ),
)


_MODERATORS_WORK = gettext_lazy("It is about somebody else; who decided is gone")
MODERATION = System(
    "moderation",
    gettext_lazy("Reports and decisions"),
    (
        Table(
            "chat.Flag",
            of("reporter"),
            CONVERSATIONS,
            Rows("reports", ("category", "note", "status", "created_at", "decided_at")),
        ),
        Table(
            "chat.Appeal",
            of("action__person"),
            CONVERSATIONS,
            Rows("appeals", ("text", "created_at", "outcome", "answer", "decided_at", "has_same_judge")),
        ),
        Table(
            "chat.ModerationAction",
            of("person"),
            CONVERSATIONS,
            Rows("decisions", ("kind", "reason", "created_at", "acknowledged_at")),
        ),
    ),
)
# A system of its own for each field: a row may name the person in one of them only.
WORK_OF_MODERATORS = tuple(
    System(
        f"moderators_{name}",
        gettext_lazy("What the person did as a moderator"),
        (
            Table(
                model,
                of(field),
                CONVERSATIONS,
                NotExported(gettext_lazy("It is about somebody else")),
                Erase.UNLINKED,
                ((field, None),),
                _MODERATORS_WORK,
            ),
        ),
    )
    for name, model, field in (
        ("claims", "chat.Flag", "claimed_by"),
        ("flags", "chat.Flag", "decided_by"),
        ("decisions", "chat.ModerationAction", "by"),
        ("looks", "chat.Look", "by"),
        ("appeals", "chat.Appeal", "decided_by"),
    )
)


def register_chat() -> None:
    register("chat", (SAID, SEARCH, FILES, KEPT_TEXTS, EVALUATIONS, MODERATION, *WORK_OF_MODERATORS))
