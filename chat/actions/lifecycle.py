"""The life of a conversation: paused while nobody goes on with it, completed when its owner says so, and, where the
site doesn't keep things for ever, expired. A message makes it active again (`conversations.bring_back`).

Each piece of work is stored before the next is begun, on condition that it is still due: done again after it was
killed, or twice at once, it comes to the same.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from kombu.exceptions import OperationalError

from chat import events
from chat.actions.attachments import delete_rows
from chat.actions.branches import purge_deleted_of, too_late_at
from chat.actions.entities import bring_up_entities, extract_entities
from chat.actions.expiry_mail import send_expiry_mail
from chat.actions.summaries import bring_up_summary, summarise_conversation
from chat.actions.titles import title_conversation
from chat.actions.unread import FINAL, PAUSED
from chat.context.strategies import MEMORY_IN_FORCE, STRATEGIES
from chat.models import Attachment, Conversation, ConversationEntities
from chat.models.conversation import ConversationQuerySet
from chat.retention import completed_before, decided, deletable, health_before
from convoscope.background import time_is_up
from convoscope.encrypted_fields import without_content

logger = logging.getLogger(__name__)

IDLE = timedelta(minutes=30)
# A completion that isn't done so long after it was asked for was lost. One that fails each time is given up at last: it
# may be paid for each time.
COMPLETED_IN = timedelta(minutes=10)
COMPLETION_TRIED_FOR = timedelta(days=3)
# What one piece of work takes on at most: the next one goes on.
AT_ONCE = 100
# Of what is asked of the task model where many conversations are left at the same time
ASKED_AT_ONCE = 20
Status = Conversation.Status


def resolve_conversation(*, conversation: Conversation) -> None:
    """Say that it did what it was for; the moment at which that was first said stays. Its last summary, and a title if
    it has none yet, are made in the background."""
    unresolved = Conversation.objects.filter(id=conversation.id, resolved_at=None)
    if unresolved.update(resolved_at=timezone.now(), status=Status.COMPLETED):
        _request_completion(conversation.id)
    conversation.refresh_from_db()


def reopen_conversation(*, conversation: Conversation) -> None:
    """Have it be active again, and keep its messages as long as its owner wants."""
    Conversation.objects.filter(id=conversation.id).exclude(resolved_at=None).update(
        resolved_at=None, expiry_announced_at=None, status=Status.ACTIVE
    )
    conversation.refresh_from_db()


def complete_conversation(conversation_id: UUID) -> int:
    """Give a completed conversation a title, if it has none of its own, and its final summary. Returns the steps of
    that; none where it was reopened meanwhile."""
    if not Conversation.objects.filter(id=conversation_id, status=Status.COMPLETED).exists():
        return 0
    title_conversation(conversation_id)
    extract_entities(conversation_id, reach=FINAL)
    return summarise_conversation(conversation_id, reach=FINAL)


def lost_completions() -> list[UUID]:
    """Conversations that were completed in the last days and whose summary or entities, as far as their strategy has
    any, don't reach to the end of what is shown. Those that wait longest, AT_ONCE at most."""
    now = timezone.now()
    with_summary = [name for name, strategy in STRATEGIES.items() if strategy.has_summary]
    with_entities = [name for name, strategy in STRATEGIES.items() if strategy.has_entities]
    summarised = Q(summary_leaf__isnull=False, summary_leaf=F("active_leaf"))
    looked_through = Q(entities__leaf__isnull=False, entities__leaf=F("active_leaf"))
    lacking = Q(Q(in_force__in=with_summary) & ~summarised) | Q(Q(in_force__in=with_entities) & ~looked_through)
    recent = _completed().filter(
        resolved_at__range=(now - COMPLETION_TRIED_FOR, now - COMPLETED_IN),
        trashed_at=None,
        is_temporary=False,
        active_leaf__isnull=False,
    )
    lost = recent.annotate(in_force=MEMORY_IN_FORCE).filter(lacking)
    return list(lost.order_by("resolved_at").values_list("id", flat=True)[:AT_ONCE])


def pause_idle() -> int:
    """Pause what nobody went on with for a while, once its memory is up to date. One after the other, and no more than
    ASKED_AT_ONCE calls of the task model: the next one goes on. Returns how many were paused."""
    paused = asked = 0
    idle = Conversation.objects.filter(status=Status.ACTIVE, active_at__lt=timezone.now() - IDLE)
    for conversation_id in idle.order_by("active_at", "id").values_list("id", flat=True)[:AT_ONCE]:
        if time_is_up() or asked >= ASKED_AT_ONCE:
            break
        # First, so that a process that dies meanwhile leaves it to the next.
        brought = [bring_up_summary(conversation_id, reach=PAUSED), bring_up_entities(conversation_id, reach=PAUSED)]
        asked += sum(one.steps for one in brought)
        if all(one.is_whole for one in brought):
            paused += idle.filter(id=conversation_id).update(status=Status.PAUSED)
    return paused


def announce_expiry() -> int:
    """Tell owners of what expires in EXPIRY_NOTICE_DAYS, each conversation once: on its page and in its list from then
    on, and by mail where the site sends any. Returns how many conversations were announced."""
    now = timezone.now()
    due = [near(now, notice_days=settings.EXPIRY_NOTICE_DAYS) for near in (completed_before, health_before)]
    for kind in (Q(status=Status.COMPLETED), Q(is_health=True)):
        # The site keeps them longer than it did when that was announced, or their owner went on with them.
        told = Conversation.objects.filter(kind).exclude(expiry_announced_at=None)
        told.exclude(id__in=Conversation.objects.filter(due[0] | due[1]).values("id")).update(expiry_announced_at=None)
    return sum(_announce(Conversation.objects.filter(one, deleted_at=None)) for one in due)


def _announce(near: ConversationQuerySet) -> int:
    unannounced = near.filter(expiry_announced_at=None)
    announced = 0
    while not time_is_up() and (row := unannounced.order_by("active_at").first()) is not None:
        with transaction.atomic():
            # What another process holds, that one announces.
            locked = unannounced.filter(owner=row.owner_id).select_for_update(of=("self",), skip_locked=True)
            ids = list(locked.values_list("id", flat=True)[:AT_ONCE])
            Conversation.objects.filter(id__in=ids).update(expiry_announced_at=timezone.now())
        if not ids:
            break
        announced += len(ids)
        events.sidebar_changed(row.owner_id, ids)
        send_expiry_mail(row.owner_id, ids)
    return announced


def expire_old() -> int:
    """Delete the messages of what was completed longer ago than the site, or its owner, keeps them, and announced
    EXPIRY_NOTICE_DAYS ago. Title, summary and the ledger's lines stay; of health data, whose time runs from the last
    message on, the ledger's lines alone. Returns how many conversations expired."""
    now, expired = timezone.now(), 0
    announced_by = now - timedelta(days=settings.EXPIRY_NOTICE_DAYS)
    announced = decided(Conversation.objects.filter(expiry_announced_at__lte=announced_by, deleted_at=None))
    # First what is to leave nothing, so that nothing is made of it.
    health = announced.filter(health_before(now))
    for conversation_id in deletable(health).order_by("active_at").values_list("id", flat=True)[:AT_ONCE]:
        if time_is_up():
            break
        expired += _expire(health, conversation_id)
    due = announced.filter(completed_before(now))
    for conversation_id in deletable(due).order_by("resolved_at").values_list("id", flat=True)[:AT_ONCE]:
        if time_is_up():
            break
        # Of a very long one the rest is read by the next piece of work.
        if bring_up_summary(conversation_id, reach=FINAL).is_whole:
            expired += _expire(due, conversation_id)
    return expired


def _nothing_of(conversation: Conversation) -> dict[str, object]:
    """What else tells of it, which is health data too."""
    with override(conversation.owner.language):
        title = _("Health data, deleted")
    person = Conversation.TitleSource.PERSON
    return {"title": title, "title_source": person, "summary": "", "topics": "", "settings": {}, "metadata": {}}


def _completed() -> ConversationQuerySet:
    return Conversation.objects.filter(status=Status.COMPLETED, deleted_at=None)


def _expire(due: ConversationQuerySet, conversation_id: UUID) -> bool:
    with transaction.atomic():
        # Locked, so that nobody begins a turn in it now; what another holds is in use, or expiring.
        free = deletable(due).select_for_update(of=("self",), skip_locked=True)
        locked = without_content(free.filter(id=conversation_id)).first()
        if locked is None:
            return False
        # Piece by piece they go after this, when nobody sees one of them any more, or brings it back.
        locked.messages.update(deleted_at=too_late_at())
        ConversationEntities.objects.filter(conversation=conversation_id).delete()
        # Each link holds a copy of what was said.
        delete_rows(Attachment.objects.filter(share__conversation=conversation_id))
        locked.shares.standing().update(revoked_at=timezone.now(), snapshot=[])
        left = {"active_leaf": None, "summary_leaf": None} | (_nothing_of(locked) if locked.is_health else {})
        Conversation.objects.filter(id=conversation_id).update(status=Status.EXPIRED, version=F("version") + 1, **left)
    events.path_selected(locked)
    events.sidebar_changed(locked.owner_id, [conversation_id])
    purge_deleted_of(conversation_id)
    return True


def _request_completion(conversation_id: UUID) -> None:
    """Queue it. A lost message is found by the sweep."""
    from chat.tasks import complete_conversation  # tasks call actions; here an action queues one

    try:
        complete_conversation.delay(str(conversation_id))
    except OperationalError as exc:
        logger.warning("the final summary of %s waits for the sweep: the broker is gone (%s)", conversation_id, exc)
