"""What a site that doesn't keep things for ever announces, deletes and keeps."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connections
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format
from pytest_django import Settings

from accounts.actions.preferences import set_preferences
from accounts.models import User
from chat.actions.lifecycle import announce_expiry, expire_old
from chat.actions.shares import share_conversation
from chat.models import Conversation, Message, Run
from chat.runs.engine import Engine
from chat.tasks import expire_old as expire_old_task
from providers.models import UsageRecord
from tests.chat.lifecycle.conftest import ago, current, sent
from tests.chat.test_summaries import talk
from tests.support.answers import Line, make_answer
from tests.support.server import Server, next_object, signed_in, words
from tests.support.threads import in_thread

ClientOf = Callable[[User], Client]


@pytest.fixture(autouse=True)
def _ninety_days(settings: Settings) -> None:
    settings.RETENTION_DAYS = 90


def completed(owner: User, *, days: float, announced: float | None = None, title: str = "Talk") -> Conversation:
    """Resolved so many days ago, and announced so many."""
    conversation = talk(owner, 3)
    Conversation.objects.filter(id=conversation.id).update(
        status="completed",
        title=title,
        resolved_at=ago(days=days),
        expiry_announced_at=None if announced is None else ago(days=announced),
    )
    return current(conversation)


def test_its_messages_go_and_title_summary_and_costs_stay(alice: User, client_of: ClientOf) -> None:
    run = make_answer(alice, lines=[Line(1, 4_300_000)])
    old = completed(alice, days=90.1, announced=14.1, title="Of pools")
    Message.objects.filter(id=run.message_id).update(conversation=old)
    link = share_conversation(conversation=old, expires_at=None)
    kept = completed(alice, days=89.9, announced=14.1)
    expire_old_task()
    gone = current(old)
    assert (gone.status, gone.title, gone.active_leaf_id, gone.version) == (
        "expired",
        "Of pools",
        None,
        old.version + 1,
    )
    assert "item 2 is blue" in gone.summary
    assert not gone.messages.exists()
    assert not Run.objects.filter(id=run.id).exists()
    assert UsageRecord.objects.get(feature="chat").cost_nanousd == 4_300_000
    link.refresh_from_db()
    assert (link.snapshot, link.revoked_at is None) == ([], False)
    assert (current(kept).status, kept.messages.count()) == ("completed", 6)
    page = client_of(alice).get(f"/conversations/{old.id}/").text
    assert "The messages of this conversation were deleted" in words(page)
    assert "item 2 is blue" in words(page)
    assert "Messages deleted" in words(client_of(alice).get("/conversations/manage/").text)
    assert client_of(alice).get(f"/conversations/{old.id}/export/markdown/").status_code == 200
    assert expire_old() == 0


def test_something_new_begins_it_anew(alice: User, client_of: ClientOf) -> None:
    old = completed(alice, days=100, announced=20)
    assert expire_old() == 1
    client = client_of(alice)
    sent(client, old, "What is new?")
    anew = current(old)
    assert (anew.status, anew.resolved_at, anew.expiry_announced_at) == ("active", None, None)
    assert [message.parent_id is None for message in anew.messages.order_by("id")] == [True, False]
    page = words(client.get(f"/conversations/{old.id}/").text)
    assert "What is new?" in page
    assert "were deleted" not in page


def test_it_is_announced_a_fortnight_before_once_and_in_one_mail(
    alice: User, client_of: ClientOf, settings: Settings
) -> None:
    settings.SENDS_MAIL = True
    near, other = completed(alice, days=76.1, title="Of <pools>"), completed(alice, days=80)
    far = completed(alice, days=75.9)
    assert announce_expiry() == 2
    assert announce_expiry() == 0
    [sent_mail] = mail.outbox
    assert sent_mail.to == ["alice@example.org"]
    assert "Of <pools>" in sent_mail.body
    for named in (near, other):
        assert f"http://localhost:8000/conversations/{named.id}/export/\n" in sent_mail.body
    assert str(far.id) not in sent_mail.body
    assert expire_old() == 0
    page = words(client_of(alice).get(f"/conversations/{near.id}/").text)
    day = current(near).expires_at
    assert day is not None
    assert timedelta(days=13.9) < day - timezone.now() < timedelta(days=14)
    assert f"will be deleted on {date_format(day)}" in page
    assert "Messages until" in words(client_of(alice).get("/conversations/manage/").text)
    assert "will be deleted on" not in words(client_of(alice).get(f"/conversations/{far.id}/").text)


async def test_the_day_is_the_readers_when_the_page_opens_and_when_it_is_told(
    server: Server, engine: Engine, alice: User
) -> None:
    def announced() -> Conversation:
        set_preferences(user=alice, time_zone="Asia/Ho_Chi_Minh")
        conversation = completed(alice, days=1)
        Conversation.objects.filter(id=conversation.id).update(
            resolved_at=datetime(2026, 1, 1, 23, 30, tzinfo=UTC), expiry_announced_at=datetime(2026, 3, 1, tzinfo=UTC)
        )
        return conversation

    conversation = await in_thread(announced)
    hello = {"type": "hello", "version": -1, "last": None, "unfinished": {}}
    async with signed_in(server, alice) as person, person.socket(conversation.id) as connection:
        page = await person.get(f"/conversations/{conversation.id}/")
        await connection.send_bytes(orjson.dumps(hello))
        pushed = (await next_object(connection))["html"]
    for shown in (page, pushed):
        assert "will be deleted on 2 April 2026" in words(shown)


def test_where_the_site_sends_no_mail_its_pages_tell(alice: User) -> None:
    completed(alice, days=100)
    assert announce_expiry() == 1
    assert mail.outbox == []


def test_a_mail_that_is_refused_holds_nothing_up(
    alice: User, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.SENDS_MAIL = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    old = completed(alice, days=100)
    assert announce_expiry() == 1
    assert current(old).expiry_announced_at is not None
    assert "wasn't sent" in caplog.text


@pytest.mark.parametrize("announced", [None, 13.9])
def test_nothing_goes_before_its_owner_had_a_fortnight(alice: User, announced: float | None) -> None:
    old = completed(alice, days=500, announced=announced)
    assert expire_old() == 0
    assert old.messages.count() == 6


def test_reopened_it_stays(alice: User, client_of: ClientOf) -> None:
    old = completed(alice, days=89, announced=13)
    html = client_of(alice).post(f"/conversations/{old.id}/reopen/", headers={"HX-Request": "true"}).text
    assert "will be deleted" not in html
    assert current(old).expiry_announced_at is None
    assert (announce_expiry(), expire_old()) == (0, 0)


@pytest.mark.parametrize("days", [0, 365])
def test_where_the_site_keeps_things_longer_what_was_announced_is_no_more(
    alice: User, client_of: ClientOf, settings: Settings, days: int
) -> None:
    old = completed(alice, days=100, announced=20)
    settings.RETENTION_DAYS = days
    assert (announce_expiry(), expire_old()) == (0, 0)
    assert current(old).expiry_announced_at is None
    assert "will be deleted" not in client_of(alice).get(f"/conversations/{old.id}/").text


def test_nothing_goes_before_its_summary_is_made(alice: User) -> None:
    old = completed(alice, days=100, announced=20)
    # Another process is at it.
    cache.set(f"summary:{old.id}", 1)
    assert (expire_old(), current(old).messages.count()) == (0, 6)
    cache.clear()
    assert (expire_old(), current(old).messages.count()) == (1, 0)
    assert "item 2 is blue" in current(old).summary


@pytest.mark.parametrize(
    ("site_days", "own_days", "days", "goes"),
    [(0, 30, 30.1, True), (0, 30, 29.9, False), (90, 30, 30.1, True), (90, 365, 90.1, True), (0, None, 900, False)],
)
def test_its_owner_may_keep_it_for_less_long(
    alice: User, charlie: User, settings: Settings, site_days: int, own_days: int | None, days: float, *, goes: bool
) -> None:
    settings.RETENTION_DAYS = site_days
    set_preferences(user=alice, keep_days=own_days)
    hers, his = completed(alice, days=days, announced=14.1), completed(charlie, days=days, announced=14.1)
    assert (current(hers).expires_at is not None) is (bool(site_days) or own_days is not None)
    expire_old()
    assert (current(hers).status == "expired") is goes
    assert (current(his).status == "expired") is (goes and site_days == 90 and days > 90)


def test_what_is_being_answered_waits(alice: User) -> None:
    old = completed(alice, days=100, announced=20)
    run = make_answer(alice, took_ms=None)
    Message.objects.filter(id=run.message_id).update(conversation=old)
    assert expire_old() == 0
    Run.objects.update(status="stopped")
    assert expire_old() == 1


@pytest.mark.django_db(transaction=True)
def test_two_at_once_share_the_work(alice: User, settings: Settings) -> None:
    settings.SENDS_MAIL = True
    for _ in range(4):
        completed(alice, days=100)
    start = threading.Barrier(2)

    def both() -> int:
        try:
            start.wait()
            return announce_expiry()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as threads:
        counts = [future.result() for future in [threads.submit(both) for _ in range(2)]]
    assert sum(counts) == 4
    assert len(mail.outbox) == 1
