"""What of a conversation its memory doesn't know yet, as the tasks that keep it read it: in pieces, not each turn."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, chain
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.core.cache import cache

from chat.context.attached import read_attached, read_texts
from chat.context.history import Said, said
from chat.context.report import BudgetReport
from chat.guards.cutting import beginning
from chat.models import Message
from chat.models.message import path_ids
from convoscope.background import time_is_up
from convoscope.encrypted_content import Unreadable
from providers.task_model import WORK_S

logger = logging.getLogger(__name__)

# Memory is brought up to date after so many new messages, or when the history fills so much of its budget.
NEW_MESSAGES = 10
FULL_SHARE = 0.6
# The newest stay out of it: they are given to the model as they are, and may still be edited.
LEFT_OUT = 4
# What is read at once, and how often in one piece of work; the next turn goes on where it ended.
READ_TOKENS = 12_000
READ_CHARS = 8_000
STEPS = 5
CLAIM_S = round(3 * WORK_S)


@dataclass(frozen=True, slots=True)
class Reach:
    """How far memory goes: so many of the newest messages stay out of it, and so many new ones make it due."""

    left_out: int = LEFT_OUT
    due_from: int = NEW_MESSAGES


RUNNING = Reach()
# Of a conversation that nobody goes on with for now, and of one that did what it was for.
PAUSED = Reach(due_from=1)
FINAL = Reach(left_out=0, due_from=1)


@dataclass(frozen=True, slots=True)
class Unread:
    """The next messages to be read. `is_begun_anew` says that what is known is of messages that were edited since, or
    of another branch."""

    messages: list[Said]
    is_begun_anew: bool

    @property
    def read_ids(self) -> list[UUID]:
        """Those that said something."""
        return [message.id for message in self.messages if message.id and message.text]

    @property
    def talk(self) -> str:
        """As a model is given it."""
        return "\n\n".join(f"{message.role}: {beginning(message.text, READ_CHARS)}" for message in self.messages)


class Brought(NamedTuple):
    """How many steps were stored; `is_whole` if none more is due."""

    steps: int
    is_whole: bool


def in_steps(claim: str, step: Callable[[], bool]) -> Brought:
    """Go on until a step says that none was due, or stored. It isn't whole yet where another process is at it, where
    there is much to read, or where time is up."""
    if not cache.add(claim, 1, CLAIM_S):
        return Brought(0, is_whole=False)
    try:
        for steps in range(STEPS):
            if time_is_up():
                return Brought(steps, is_whole=False)
            # It is for one step, which several together may well outlast.
            cache.touch(claim, CLAIM_S)
            if not step():
                return Brought(steps, is_whole=True)
        return Brought(STEPS, is_whole=False)
    except Unreadable:
        # None follows, until the key is back.
        logger.warning("%s ends here: FIELD_ENCRYPTION_KEYS lacks the key of what is to be read", claim)
        return Brought(0, is_whole=True)
    finally:
        cache.delete(claim)


def may_be_due(report: BudgetReport | None) -> bool:
    """Whether the answer that ended with this report is worth a look by the tasks."""
    return report is not None and (report.considered_messages >= NEW_MESSAGES or _is_full(report.considered_tokens))


def find_unread(leaf_id: UUID, *, read_until: UUID | None, reach: Reach) -> Unread | None:
    """What follows the message that was read last on the path that ends in `leaf_id`; None where nothing is due."""
    path = path_ids(leaf_id)[::-1]
    place = path.index(read_until) + 1 if read_until in path else 0
    ahead = path[place : max(0, len(path) - reach.left_out)]
    messages = _read(ahead)
    is_due = len(ahead) >= reach.due_from or _is_full(sum(message.tokens for message in messages))
    return Unread(_at_once(messages), is_begun_anew=not place) if messages and is_due else None


def _is_full(tokens: int) -> bool:
    return tokens > FULL_SHARE * settings.CONTEXT_TARGET_TOKENS


def _read(ids: Sequence[UUID]) -> list[Said]:
    """The first of these messages. What is still being written ends it."""
    attached = read_attached(ids[:100])
    read_texts(chain.from_iterable(attached.values()), max_chars=READ_CHARS)
    found = Message.objects.only("role", "status", "text", "text_tokens", "hidden_at").in_bulk(ids[:100])
    read: list[Said] = []
    for message_id in ids[:100]:
        message = found.get(message_id)
        if message is None or message.is_unfinished:
            break
        role = "assistant" if message.role == Message.Role.ASSISTANT else "user"
        files = attached.get(message_id, ())
        text = message.veiled().text
        whole = said(role, text, message_id=message.id, text_tokens=message.text_tokens, attached=files)  # type: ignore[arg-type]  # one of its roles
        read.append(_question_first(whole))
    return read


def _at_once(read: list[Said]) -> list[Said]:
    """The first of them, as many as a model is given in one piece."""
    sums = accumulate(min(message.tokens, READ_CHARS // 2) for message in read)
    return read[: max(1, sum(tokens <= READ_TOKENS for tokens in sums))]


def _question_first(message: Said) -> Said:
    """What the person wrote, before the documents: of those only the beginnings may be read."""
    message = message.without_images()
    if not message.own_text or message.text == message.own_text:
        return message
    return replace(message, text=f"{message.own_text}\n\n{message.text.removesuffix(message.own_text).rstrip()}")
