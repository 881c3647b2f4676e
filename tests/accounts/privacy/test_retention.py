"""What goes by the clock: health data, accounts that nobody uses, people's names in old sums."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from allauth.usersessions.models import UserSession
from django.core import mail
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format
from pytest_django import Settings

from accounts.actions.api_keys import make_api_key
from accounts.actions.people import suspend
from accounts.models import APIKey, AuditEntry, Consent, ErasureRequest, InactivityNotice, User
from accounts.privacy.data_classes import DATA_CLASSES
from accounts.tasks import erase_person, retire_inactive
from chat.models import Conversation, Message
from chat.tasks import expire_old
from providers.models import UsageDay, UsageDayByPayer, UsageRecord
from providers.tasks import forget_payers
from tests.accounts.privacy.conftest import let_grace_pass
from tests.chat.lifecycle.conftest import ago, current, sent
from tests.support.answers import make_plain
from tests.support.entrance import sign_in, text_of
from tests.support.ledger import line, write

ClientOf = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


def test_the_classes_are_those_of_the_specification(settings: Settings) -> None:
    settings.RETENTION_DAYS, settings.PROFILE_RETENTION_DAYS = 90, 365
    assert {one.name: (one.sensitivity.value, one.days()) for one in DATA_CLASSES} == {
        "conversations": ("confidential", 90),
        "profile": ("restricted", 365),
        "health": ("restricted", 30),
        "analytics": ("internal", 730),
        "audit": ("restricted", 2555),
    }


def test_how_long_they_are_kept_is_said_in_years(alice: User, client_of: ClientOf, settings: Settings) -> None:
    settings.RETENTION_DAYS = 1095
    page = text_of(client_of(alice).get("/privacy/"))
    for words in ("3 years after a conversation was resolved", "2 years after the day", "7 years after the entry"):
        assert words in page
    preferences = text_of(client_of(alice).get("/preferences/"))
    assert "As long as the site keeps them: 3 years (default)" in preferences
    assert "1 year" in preferences


class TestHealth:
    @pytest.fixture
    def conversation(self, alice: User) -> Conversation:
        conversation = make_plain(alice).message.conversation
        Conversation.objects.filter(id=conversation.id).update(summary="It hurts", topics="pain", title="My back")
        return current(conversation)

    def mark(self, client: Client, conversation: Conversation) -> None:
        answer = client.post(f"/conversations/{conversation.id}/health/", {"agrees": "on"}, headers=HTMX)
        assert (answer.status_code, answer["HX-Trigger"]) == (204, "dialog-close")

    def test_it_takes_explicit_consent(self, alice: User, conversation: Conversation, client_of: ClientOf) -> None:
        client, path = client_of(alice), f"/conversations/{conversation.id}/health/"
        asked = client.get(path, headers=HTMX)
        assert "30 days after its last message" in text_of(asked)
        assert "checked" not in asked.text
        assert client.post(path, headers=HTMX).status_code == 422
        assert not current(conversation).is_health
        self.mark(client, conversation)
        consent = Consent.objects.get(user=alice)
        assert (consent.purpose, consent.is_given, consent.about) == ("health", True, conversation.id)
        day = date_format(conversation.active_at + timedelta(days=30), "DATE_FORMAT")
        page = text_of(client.get(f"/conversations/{conversation.id}/"))
        assert f"Marked as health data: what it says is deleted on {day}" in page

    def test_it_is_never_said_to_be_kept_longer_than_others(
        self, alice: User, conversation: Conversation, client_of: ClientOf, settings: Settings
    ) -> None:
        settings.RETENTION_DAYS = 20
        client = client_of(alice)
        asked = text_of(client.get(f"/conversations/{conversation.id}/health/", headers=HTMX))
        assert "20 days after its last message" in asked
        assert "20 days after the last message" in text_of(client.get("/privacy/"))

    def test_the_mark_is_taken_away(self, alice: User, conversation: Conversation, client_of: ClientOf) -> None:
        client = client_of(alice)
        self.mark(client, conversation)
        assert client.post(f"/conversations/{conversation.id}/health/").status_code == 302
        assert not current(conversation).is_health
        assert [one.is_given for one in Consent.objects.order_by("id")] == [True, False]
        told = [AuditEntry.objects.get(action=action) for action in ("consent.given", "consent.withdrawn")]
        assert {(one.actor, one.subject, str(one.details)) for one in told} == {
            (alice.pseudonym.id, alice.pseudonym.id, str({"health": str(conversation.id)}))
        }

    def test_it_is_announced_and_then_nothing_is_left(
        self, alice: User, conversation: Conversation, client_of: ClientOf, settings: Settings
    ) -> None:
        settings.SENDS_MAIL = True
        client = client_of(alice)
        self.mark(client, conversation)
        Conversation.objects.update(active_at=ago(days=15))
        assert expire_old() == {"announced": 0, "expired": 0}
        Conversation.objects.update(active_at=ago(days=17))
        assert expire_old() == {"announced": 1, "expired": 0}
        assert "marked as health data" in mail.outbox[0].body
        assert "Titles and summaries go too." in mail.outbox[0].body
        assert "A message keeps it." in text_of(client.get(f"/conversations/{conversation.id}/"))
        Conversation.objects.update(active_at=ago(days=31))
        assert expire_old() == {"announced": 0, "expired": 0}
        Conversation.objects.update(expiry_announced_at=ago(days=15))
        assert expire_old() == {"announced": 0, "expired": 1}
        gone = current(conversation)
        assert (gone.status, gone.title, gone.summary, gone.topics, gone.settings) == (
            "expired",
            "Health data, deleted",
            "",
            "",
            {},
        )
        assert not Message.objects.exists()
        assert expire_old() == {"announced": 0, "expired": 0}
        assert "since it held health data" in text_of(client.get(f"/conversations/{conversation.id}/"))

    def test_a_message_keeps_it(self, alice: User, conversation: Conversation, client_of: ClientOf) -> None:
        client = client_of(alice)
        self.mark(client, conversation)
        Conversation.objects.update(active_at=ago(days=17))
        expire_old()
        sent(client, conversation)
        kept = current(conversation)
        assert (kept.expiry_announced_at, kept.is_health) == (None, True)


class TestAccountsThatNobodyUses:
    @pytest.fixture(autouse=True)
    def _a_year(self, settings: Settings) -> None:
        settings.PROFILE_RETENTION_DAYS = 365
        settings.SENDS_MAIL = True

    def unused(self, user: User, days: int) -> None:
        User.objects.filter(id=user.id).update(last_login=ago(days=days), date_joined=ago(days=days))

    def test_who_is_suspended_is_not_told_to_sign_in(self, alice: User, settings: Settings) -> None:
        settings.ADMIN_EMAIL = "root@example.org"
        suspend(user=alice, reason="It insults.")
        self.unused(alice, 336)
        retire_inactive()
        [sent] = mail.outbox
        assert "write to root@example.org" in sent.body
        assert "sign in once" not in sent.body

    def test_two_mails_and_then_the_way_of_every_erasure(self, alice: User, charlie: User) -> None:
        self.unused(alice, 334)
        assert retire_inactive() == {"people_told": 0}
        self.unused(alice, 336)
        assert retire_inactive() == {"people_told": 1}
        assert retire_inactive() == {"people_told": 0}
        self.unused(alice, 400)
        assert retire_inactive() == {"people_told": 0}
        InactivityNotice.objects.update(first_at=ago(days=24))
        assert retire_inactive() == {"people_told": 1}
        assert not ErasureRequest.objects.exists()
        InactivityNotice.objects.update(second_at=ago(days=8))
        assert retire_inactive() == {"people_told": 1}
        request = ErasureRequest.objects.get()
        assert (request.reason, request.due_at <= timezone.now()) == ("inactive", True)
        assert [one.to for one in mail.outbox] == [["alice@example.org"]] * 2
        assert erase_person(str(request.id)) == {"erased": 1}
        assert list(User.objects.values_list("email", flat=True)) == ["charlie@example.org"]
        assert retire_inactive() == {"people_told": 0}

    def test_who_signs_in_stays(self, alice: User) -> None:
        self.unused(alice, 400)
        retire_inactive()
        InactivityNotice.objects.update(first_at=ago(days=31), second_at=ago(days=8))
        sign_in("alice@example.org", "a long enough password")
        assert retire_inactive() == {"people_told": 0}
        assert not InactivityNotice.objects.exists()
        assert not ErasureRequest.objects.exists()

    def test_a_key_that_is_used_says_that_they_are_there(self, alice: User) -> None:
        self.unused(alice, 400)
        APIKey.objects.create(user=alice, name="k", prefix="cs_", hash="h", last_used_at=ago(days=3))
        assert retire_inactive() == {"people_told": 0}

    def test_an_app_that_renews_its_token_says_so_too(self, alice: User) -> None:
        fields = {"email": alice.email, "password": "a long enough password"}
        signed_in = Client().post("/api/v1/auth/login", fields, "application/json").json()["meta"]
        self.unused(alice, 400)
        UserSession.objects.update(last_seen_at=ago(days=400))
        renewed = {"refresh_token": signed_in["refresh_token"]}
        assert Client().post("/api/v1/auth/tokens/refresh", renewed, "application/json").status_code == 200
        assert retire_inactive() == {"people_told": 0}
        UserSession.objects.update(last_seen_at=ago(days=400))
        assert retire_inactive() == {"people_told": 1}

    def test_the_only_administrator_stays(self, root: User) -> None:
        self.unused(root, 400)
        InactivityNotice.objects.create(user=root, first_at=ago(days=40), second_at=ago(days=9))
        assert retire_inactive() == {"people_told": 0}
        assert not ErasureRequest.objects.exists()

    def test_off_nobody_is_told(self, alice: User, settings: Settings) -> None:
        settings.PROFILE_RETENTION_DAYS = 0
        self.unused(alice, 4000)
        assert retire_inactive() == {"people_told": 0}


def test_old_sums_lose_their_people(alice: User) -> None:
    today = datetime.now(UTC).date()

    def rows(day: date) -> None:
        UsageDay.objects.create(
            day=day, user=alice, feature="chat", source="provider", endpoint="o", model="m", outcome="c", calls=3
        )
        UsageDayByPayer.objects.create(day=day, user=alice, calls=3)

    rows(today - timedelta(days=731))
    rows(today - timedelta(days=729))
    let_grace_pass()
    assert forget_payers() == {"days_unnamed": 2, "lines_unnamed": 0}
    assert forget_payers() == {"days_unnamed": 0, "lines_unnamed": 0}
    for table in (UsageDay, UsageDayByPayer):
        kept = list(table.objects.order_by("day").values_list("user", "calls"))
        assert kept == [(None, 3), (alice.id, 3)]


def test_old_lines_of_the_ledger_lose_their_people(alice: User, settings: Settings) -> None:
    """As the register says; the lines stay, so that no sum changes."""
    settings.AUDIT_RETENTION_DAYS = 800
    today = datetime.now(UTC).date()
    key, _token = make_api_key(key_id=uuid4(), user=alice, name="Script", scopes=["chat"], expires_at=None)
    write(*(line(today - timedelta(days=days), user_id=alice.id, api_key=key) for days in (799, 802, 900)))
    assert forget_payers() == {"days_unnamed": 0, "lines_unnamed": 2}
    assert forget_payers() == {"days_unnamed": 0, "lines_unnamed": 0}
    kept = UsageRecord.objects.order_by("created_at").values_list("user", "api_key", "cost_nanousd")
    assert list(kept) == [(None, None, 1_000_000)] * 2 + [(alice.id, key.id, 1_000_000)]
