"""What moderators have to decide about is kept for them if its owner deletes it, for a while."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import LegalHold, User
from chat.actions.appeals import appeal
from chat.actions.branches import delete_message, purge_deleted_messages
from chat.actions.flags import dismiss_flags, flag_message, report_share
from chat.actions.moderation import hide_message, lock_conversation
from chat.actions.purging import delete_conversations, purge_conversations, purge_person
from chat.actions.shares import purge_expired_shares, revoke_share, share_conversation
from chat.models import Appeal, Conversation, Flag, Message, Share
from chat.tasks import expire_old
from tests.chat.lifecycle.conftest import ago
from tests.chat.moderation.conftest import ClientOf
from tests.chat.moderation.test_queue import QUEUE, flag, shown
from tests.support.answers import TEXT, make_plain


def delete_for_good(message: Message) -> None:
    Conversation.objects.filter(id=message.conversation_id).update(trashed_at=timezone.now())
    delete_conversations(owner=message.conversation.owner, ids=[message.conversation_id])


def is_there(message: Message) -> bool:
    return Message.objects.filter(id=message.id).exists()


def age(days: int) -> None:
    Flag.objects.update(created_at=timezone.now() - timedelta(days=days))


def test_a_deleted_conversation_stays_until_its_flag_is_decided(
    alice: User, answer: Message, moderator: User, client_of: ClientOf
) -> None:
    one = flag(answer)
    delete_for_good(answer)
    purge_conversations()
    assert client_of(alice).get(f"/conversations/{answer.conversation_id}/").status_code == 404
    moderators = client_of(moderator)
    assert shown(moderators.get(QUEUE).text) == [str(one.id)]
    assert moderators.post(f"{QUEUE}flags/{one.id}/claim/").status_code == 302
    page = moderators.get(f"{QUEUE}conversations/{answer.conversation_id}/?flag={one.id}").text
    assert TEXT in page
    assert "Deleted by its owner" in page
    form = {"kind": "warn_user", "reason": "It insults.", "flag": str(one.id)}
    act = f"{QUEUE}conversations/{answer.conversation_id}/act/"
    assert moderators.post(act, form, follow=True).status_code == 200
    purge_conversations()
    assert not is_there(answer)


def test_it_stays_for_a_month_at_most(answer: Message) -> None:
    flag(answer)
    delete_for_good(answer)
    age(31)
    purge_conversations()
    assert not is_there(answer)


def test_without_a_flag_nobody_reads_what_was_deleted(answer: Message, moderator: User, client_of: ClientOf) -> None:
    Conversation.objects.update(deleted_at=timezone.now())
    address = f"{QUEUE}conversations/{answer.conversation_id}/"
    assert client_of(moderator).get(address).status_code == 404
    assert client_of(moderator).post(f"{address}look/", {"reason": "Why not", "hours": "1"}).status_code == 404


def test_who_is_erased_takes_it_along(alice: User, answer: Message) -> None:
    flag(answer)
    purge_person(alice.id)
    assert not Conversation.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"trashed_at": ago(days=40)},
        {"is_temporary": True, "active_at": ago(days=3)},
        {"status": "completed", "resolved_at": ago(days=100), "expiry_announced_at": ago(days=20)},
        {"is_health": True, "active_at": ago(days=40), "expiry_announced_at": ago(days=20)},
    ],
)
def test_no_clock_takes_it(answer: Message, moderator: User, settings: Settings, fields: dict[str, object]) -> None:
    settings.RETENTION_DAYS = 90
    one = flag(answer)
    Conversation.objects.update(**fields)
    for is_kept in (True, False):
        purge_conversations()
        expire_old()
        assert is_there(answer) is is_kept
        if is_kept:
            dismiss_flags(flags=[one], reason="A play.", by=moderator)


def test_a_deleted_message_stays_with_what_was_deleted_above_it(
    alice: User, answer: Message, moderator: User, client_of: ClientOf
) -> None:
    one = flag(answer)
    assert answer.parent is not None
    delete_message(message=answer.parent)
    Message.objects.update(deleted_at=ago(days=1))
    assert purge_deleted_messages() == 0
    page = client_of(moderator).get(f"{QUEUE}conversations/{answer.conversation_id}/?flag={one.id}").text
    assert TEXT in page
    assert "Deleted by its owner" in page
    dismiss_flags(flags=[one], reason="A play.", by=moderator)
    assert purge_deleted_messages() == 2


def test_an_appeal_keeps_what_it_is_about(answer: Message, moderator: User, client_of: ClientOf) -> None:
    hidden = hide_message(message=answer, reason="It insults.", by=moderator)
    appeal(action=hidden, text="It is a quotation.")
    Flag.objects.all().delete()
    delete_message(message=answer)
    Message.objects.filter(id=answer.id).update(deleted_at=ago(days=1))
    assert purge_deleted_messages() == 0
    delete_for_good(answer)
    purge_conversations()
    assert is_there(answer)
    # Nothing was flagged in it: to read it takes break-glass.
    page = client_of(moderator).get(f"{QUEUE}conversations/{answer.conversation_id}/").text
    assert "It is private" in page


@pytest.mark.parametrize("kind", ["hide", "lock"])
def test_an_appeal_is_granted_also_once_that_is_gone(
    answer: Message, moderator: User, client_of: ClientOf, kind: str
) -> None:
    if kind == "hide":
        action = hide_message(message=answer, reason="It insults.", by=moderator)
    else:
        action = lock_conversation(conversation=answer.conversation, reason="It insults.", by=moderator)
    answer.conversation.delete()
    appeal(action=action, text="It is a quotation.")
    form = {"outcome": "granted", "answer": "You are right."}
    assert client_of(moderator).post(f"{QUEUE}appeals/{action.id}/", form).status_code == 302
    assert Appeal.objects.get().outcome == "granted"
    action.refresh_from_db()
    assert action.undone_by is not None
    assert "You are right." in client_of(action.person).get("/decisions/").text


def test_what_a_reported_link_showed_stays_until_that_is_decided(
    answer: Message, moderator: User, client: Client, client_of: ClientOf
) -> None:
    share = share_conversation(conversation=answer.conversation, expires_at=None)
    report_share(share=share, category="illegal", note="", reporter=None)
    revoke_share(share=share)
    assert client.get(f"/share/{share.token}/").status_code == 404
    assert TEXT in client_of(moderator).get(f"{QUEUE}conversations/{answer.conversation_id}/").text
    assert purge_expired_shares() == 0
    dismiss_flags(flags=list(Flag.objects.all()), reason="A play.", by=moderator)
    assert purge_expired_shares() == 1
    assert Share.objects.get().snapshot == []


def test_a_legal_hold_keeps_what_a_link_showed(alice: User, answer: Message) -> None:
    hold = LegalHold.objects.create(user=alice, reason="A dispute")
    revoked, expired = (share_conversation(conversation=answer.conversation, expires_at=None) for _ in range(2))
    revoke_share(share=revoked)
    Share.objects.filter(id=expired.id).update(expires_at=ago(days=30))
    assert purge_expired_shares() == 0
    assert not Share.objects.filter(snapshot=[]).exists()
    hold.delete()
    assert purge_expired_shares() == 2


def test_flags_of_others_keep_nothing(alice: User, answer: Message) -> None:
    flag_message(message=make_plain(alice).message, source="guard", category="hate", severity=2, details={})
    delete_for_good(answer)
    purge_conversations()
    assert not is_there(answer)
