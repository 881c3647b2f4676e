"""The entities and topics of a conversation: found in the background, in what was said since they were last looked for.

A person's own word stands over what is found; see `chat/actions/entity_edits.py`.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from kombu.exceptions import OperationalError

from chat.actions.conversations import hold_conversation, is_any_hidden
from chat.actions.unread import (
    FINAL,
    LEFT_OUT,
    NEW_MESSAGES,
    PAUSED,
    RUNNING,
    Brought,
    Reach,
    Unread,
    find_unread,
    in_steps,
    may_be_due,
)
from chat.context.report import BudgetReport
from chat.context.strategies import STRATEGIES, strategy_of
from chat.entities.answers import MAX_TOPICS, read_answer
from chat.entities.graph import Found, Graph, merged, own_part
from chat.models import Conversation, ConversationEntities
from providers.contract import ChatMessage, Model
from providers.payers import payer_of
from providers.task_model import ask_task_model, task_models

logger = logging.getLogger(__name__)

MAX_ANSWER_TOKENS = 2_000
# What is known already is told by name alone, and only what was spoken of last: it is there to be recognised.
TOLD_ENTITIES = 40
INSTRUCTION = (
    "You keep the list of named things of a conversation. Answer with one JSON object and nothing else:\n"
    '{"topics": ["..."], "entities": [{"name": "...", "type": "person|organisation|product|place|date", "aliases": '
    '["..."], "attributes": {"...": "..."}}], "relations": [{"from": "name", "kind": "works for", "to": "name"}]}\n'
    "Entities: those that the new messages say something of, new or known, under the name they are known by; only "
    "what has a name of its own, and dates that matter. Aliases are other names of the same thing. Attributes are "
    "facts about it, in few words. Relations are between two entities, as a short phrase that reads “from kind to”. "
    f"Topics: what the whole conversation is about, at most {MAX_TOPICS} labels of one to three words; keep the known "
    "ones where they still fit. Write in the conversation's language. Use nothing but what was said."
)
# A person who edits meanwhile changes what the answer is joined with; it is joined again.
TRIES = 3


def request_entities(conversation: Conversation, context: dict[str, Any], memory: str) -> None:
    """Queue a look for entities, like `request_summary`."""
    from chat.tasks import extract_entities as task  # tasks call actions; here an action queues one

    is_kept = STRATEGIES[memory].has_entities and not conversation.is_temporary
    if not is_kept or not may_be_due(BudgetReport.of_json(context)):
        return
    try:
        task.delay(str(conversation.id))
    except OperationalError as exc:
        logger.warning("the entities of %s wait for the next turn: the broker is gone (%s)", conversation.id, exc)


def extract_entities(conversation_id: UUID, *, reach: Reach = RUNNING, models: Iterable[Model] | None = None) -> int:
    """Bring entities and topics up to date; returns in how many steps."""
    return bring_up_entities(conversation_id, reach=reach, models=models).steps


def bring_up_entities(conversation_id: UUID, *, reach: Reach, models: Iterable[Model] | None = None) -> Brought:
    """Bring entities and topics up to date. Done twice, at once, or again after it was killed, it comes to the same: a
    step is stored only after the one that it follows, and ids are made of names."""
    asked = list(task_models() if models is None else models)
    return in_steps(f"entities:{conversation_id}", lambda: _update(conversation_id, reach, asked))


def _update(conversation_id: UUID, reach: Reach, models: Sequence[Model]) -> bool:
    """One step: says whether there was one, and it was stored."""
    conversation = Conversation.objects.filter(id=conversation_id, trashed_at=None, deleted_at=None).first()
    if conversation is None or conversation.active_leaf_id is None or not strategy_of(conversation).has_entities:
        return False
    kept = kept_entities(conversation)
    unread = _unread(conversation.active_leaf_id, kept, reach)
    if unread is None:
        return False
    found = _found(conversation, _former(kept, unread), unread, models)
    return found is not None and _store(kept, found, unread)


def kept_entities(conversation: Conversation) -> ConversationEntities:
    """Its row; an unsaved one where there is none yet."""
    kept = ConversationEntities.objects.filter(conversation=conversation.id).first()
    return kept or ConversationEntities(conversation=conversation)


def _unread(leaf_id: UUID, kept: ConversationEntities, reach: Reach) -> Unread | None:
    if reach == PAUSED:
        # A short conversation is read whole, for its topics: should its end be edited, little is read again.
        whole = find_unread(leaf_id, read_until=kept.leaf_id, reach=FINAL)
        if whole is not None and whole.is_begun_anew and len(whole.messages) <= NEW_MESSAGES + LEFT_OUT:
            return whole
    return find_unread(leaf_id, read_until=kept.leaf_id, reach=reach)


def _former(kept: ConversationEntities, unread: Unread) -> Graph:
    graph = Graph.of_json(kept.graph)
    return own_part(graph) if unread.is_begun_anew else graph


def _found(conversation: Conversation, former: Graph, unread: Unread, models: Iterable[Model]) -> Found | None:
    """By the first of the models whose answer can be read; None if there is none: then what is known stays."""
    known = [{"name": one.name, "type": one.type} for one in former.entities[-TOLD_ENTITIES:]]
    topics = [] if unread.is_begun_anew else conversation.topic_list
    so_far = json.dumps({"entities": known, "topics": topics}, ensure_ascii=False)
    messages = (
        ChatMessage.of_text("system", INSTRUCTION),
        ChatMessage.of_text("user", f"Known so far:\n{so_far}\n\nNew messages:\n{unread.talk}"),
    )
    for model in models:
        answer = ask_task_model(
            model,
            messages,
            max_answer_tokens=MAX_ANSWER_TOKENS,
            feature="entities",
            payer=payer_of(conversation.owner_id),
            subject_id=conversation.id,
        )
        found = read_answer(answer)
        if found is not None:
            return found
        if answer:
            logger.warning("%s gave no entities that can be read, for %s", model.full_id, conversation.id)
    return None


def _store(kept: ConversationEntities, found: Found, unread: Unread) -> bool:
    """Whether it was stored: not if another one has read on meanwhile, or some of it was hidden."""
    read_until = kept.leaf_id
    for _try in range(TRIES):
        graph = merged(_former(kept, unread), found, new_id=id_of(kept.conversation_id))
        topics = () if kept.has_own_topics else found.topics
        with transaction.atomic():
            hold_conversation(kept.conversation_id)
            if is_any_hidden(unread.read_ids):
                return False
            if store_entities(kept, graph, leaf_id=unread.messages[-1].id, topics=topics):
                return True
        kept = kept_entities(kept.conversation)
        if kept.leaf_id != read_until:
            return False
    return False


def store_entities(
    kept: ConversationEntities, graph: Graph, *, leaf_id: UUID | None, topics: Sequence[str] = ()
) -> bool:
    """Keep it in the place of what was read as `kept`; False if somebody else was quicker. Without topics those that
    there are stay."""
    changed = {
        "graph": graph.as_json(),
        "leaf_id": leaf_id,
        "has_own_topics": kept.has_own_topics,
        "revision": kept.revision + 1,
    }
    with transaction.atomic():
        hold_conversation(kept.conversation_id)
        row, is_new = ConversationEntities.objects.get_or_create(conversation_id=kept.conversation_id, defaults=changed)
        is_stored = is_new or bool(
            ConversationEntities.objects.filter(conversation=row.conversation_id, revision=kept.revision).update(
                **changed
            )
        )
        if is_stored and topics:
            Conversation.objects.filter(id=kept.conversation_id).update(topics="\n".join(topics))
    return is_stored


def id_of(conversation_id: UUID) -> Callable[[str], str]:
    """Ids for its entities: the same for the same name, however often they are found anew."""
    return partial(_id_of, conversation_id)


def _id_of(conversation_id: UUID, key: str) -> str:
    return str(uuid5(conversation_id, key))
