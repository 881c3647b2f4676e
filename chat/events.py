"""Everything that is pushed to pages outside a live run: one function for each event, the only caller of `group_send`.

Each goes to all pages of the conversation's owner, in one message: their sidebars show it too. A page that missed one
gets messages, runs, follow-ups, the title and how it is kept from the resync of its next connection, the rest when it
is loaded again.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.template.loader import render_to_string
from django.utils.translation import override

from chat.effective import effective_settings
from chat.fragments import follow_ups_notice
from chat.gauge import gauge_of
from chat.model_choice import in_force
from chat.models import Conversation, Message, Run

# The group of all pages
EVERYBODY = "everybody"


def owner_group(user_id: UUID) -> str:
    return f"user.{user_id.hex}"


def turn_submitted(conversation: Conversation, question: Message | None, answer: Message) -> None:
    """A turn began, or an answer goes on: other pages of the conversation show it, the sidebar moves it up."""
    first = question or answer
    _tell(
        owner_group(conversation.owner_id),
        _notice("chat/_sidebar_item_moved.html", conversation, is_answering=True)
        | {
            "type": "conversation.turn",
            "after": str(first.parent_id or ""),
            "messages": [str(message.id) for message in (question, answer) if message is not None],
        },
    )


def comparison_begun(conversation: Conversation) -> None:
    """Several models began to answer one question: pages of the conversation fetch its path, sidebars move it up."""
    notice = _notice("chat/_sidebar_item_moved.html", conversation, is_answering=True)
    _tell(owner_group(conversation.owner_id), notice)
    path_selected(conversation)


def run_ended(run: Run) -> None:
    """An answer is no longer being written: sidebars take its mark away, unless others beside it still are. Pages of
    the conversation whose socket another process holds fetch the answer; those of the engine that worked on it saw the
    end already."""
    conversation = run.message.conversation
    mark = f"<i hx-swap-oob=\"delete:[data-running='{conversation.id}']\"></i>"
    is_last = run.message.comparison_id is None or not conversation.has_unfinished_answer()
    _tell(
        owner_group(conversation.owner_id),
        {
            "type": "run.ended",
            "conversation": str(conversation.id),
            "engine": str(run.lease_owner),
            "message": str(run.message_id),
            "html": (mark if is_last else "") + _gauge(conversation, run),
        },
    )


def _gauge(conversation: Conversation, run: Run) -> str:
    context = {"conversation": conversation, "gauge": gauge_of(run.message, run), "is_pushed": True}
    return render_to_string("chat/_gauge.html", context)


def conversation_renamed(conversation: Conversation) -> None:
    _tell(owner_group(conversation.owner_id), _notice("chat/_conversation_renamed.html", conversation))


def follow_ups_made(answer: Message) -> None:
    """What may be said next is suggested: pages that show the answer show it under that."""
    conversation = answer.conversation
    with override(conversation.owner.language):
        html = follow_ups_notice(answer, answer.metadata["follow_ups"])
    event = {"type": "conversation.notice", "conversation": str(conversation.id), "html": html}
    _tell(owner_group(conversation.owner_id), event)


def model_changed(conversation: Conversation) -> None:
    """Another model answers from now on: pages of the conversation name it."""
    model = in_force(effective_settings(conversation)["model"], conversation.owner_id)
    notice = _notice("chat/_model_changed.html", conversation, **model)
    _tell(owner_group(conversation.owner_id), notice)


def conversation_trashed(conversation: Conversation) -> None:
    _tell(owner_group(conversation.owner_id), _notice("chat/_conversation_trashed.html", conversation))


def sidebar_changed(owner_id: UUID, conversations: Collection[UUID] | None = ()) -> None:
    """The list or the folders stand otherwise than before: pages fetch them, since the days are each reader's own.
    Pages of these conversations, or with None of any, show anew how theirs is kept, or close if it was deleted."""
    _tell(
        owner_group(owner_id),
        {
            "type": "sidebar.changed",
            "conversations": None if conversations is None else [str(one) for one in conversations],
            "html": render_to_string("chat/_sidebar_stale.html"),
        },
    )


def path_selected(conversation: Conversation) -> None:
    """Another branch is shown: pages of the conversation fetch its path."""
    _tell(owner_group(conversation.owner_id), {"type": "conversation.path", "conversation": str(conversation.id)})


def session_ended(user_id: UUID, session_key: str | None) -> None:
    """Close the sockets of one session, or with None of all the person's sessions."""
    _tell(owner_group(user_id), {"type": "session.ended", "session_key": session_key})


def all_sessions_ended() -> None:
    """Close everybody's sockets."""
    _tell(EVERYBODY, {"type": "session.ended", "session_key": None})


def _notice(template: str, conversation: Conversation, **context: object) -> dict[str, Any]:
    return {
        "type": "conversation.notice",
        "conversation": str(conversation.id),
        "html": render_to_string(template, {"conversation": conversation} | context),
    }


def _tell(group: str, event: dict[str, Any]) -> None:
    """Send from wherever the caller runs. In the serving process it is the engine's loop that sends: the in-memory
    layer's queues belong to it."""
    from chat.runs.engine import current_engine  # the engine's runs tell events at their end

    layer = get_channel_layer()
    engine = current_engine()
    if engine is not None:
        engine.call(layer.group_send(group, event))
    else:
        async_to_sync(layer.group_send)(group, event)
