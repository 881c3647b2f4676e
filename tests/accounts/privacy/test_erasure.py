"""Erasures: asked for, taken back, done in steps that survive failures, and what is left of the person: nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.core import mail
from django.db import connections
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy
from pytest_django import Settings

from accounts.actions import erasures
from accounts.actions.erasures import erase, request_erasure
from accounts.audit.chain import breaks
from accounts.models import APIKey, AuditEntry, ErasureRequest, LegalHold, Pseudonym, SSOTrace, User
from accounts.privacy import registry
from accounts.privacy.registry import System
from accounts.tasks import erase_person, sweep_erasures
from chat.models import Prompt, Run, SearchEntry
from providers.models import UsageRecord
from tests.accounts.privacy.conftest import asked_to_go, let_grace_pass, reauthenticated
from tests.support.answers import make_answer, make_plain
from tests.support.belongings import HERS
from tests.support.entrance import sign_in, text_of
from tests.support.everything import ADDRESS, NAME, SAID_BY_PROVIDER, make_everything, traces_of

ClientOf = Callable[[User], Client]
PASSWORD = "a long enough password"


def only() -> ErasureRequest:
    """Beside one that was taken back."""
    return ErasureRequest.objects.latest("id")


def test_it_takes_the_password(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    for method in (client.get, client.post):
        assert method("/privacy/erasure/").headers["Location"].startswith("/accounts/reauthenticate/")
    assert not ErasureRequest.objects.exists()


def test_a_week_to_take_it_back(alice: User) -> None:
    client = reauthenticated(alice)
    assert "7 days from now" in text_of(client.get("/privacy/erasure/"))
    assert client.post("/privacy/erasure/").headers["Location"] == "/privacy/"
    day = date_format(only().due_at, "DATE_FORMAT")
    assert f"Your account will be erased on {day}." in text_of(client.get("/"))
    assert erase(only().id) == {"discarded_or_taken_up_elsewhere": 1}
    # Asked for again, it is the same.
    client.post("/privacy/erasure/")
    other = Client()
    assert sign_in("alice@example.org", PASSWORD, client=other).status_code == 302
    answer = other.post("/privacy/erasure/cancel/", follow=True)
    assert "Your account stays." in text_of(answer)
    assert "will be erased" not in text_of(answer)
    let_grace_pass()
    sweep_erasures()
    assert (only().status, User.objects.get(id=alice.id).is_active) == ("cancelled", True)
    asked = list(AuditEntry.objects.order_by("number").values_list("action", flat=True))
    assert [one for one in asked if one.startswith("erasure")] == ["erasure.requested", "erasure.cancelled"]


def test_nothing_is_left_of_the_person(root: User, media: Path, alice: User) -> None:
    make_everything(alice)
    other = User.objects.create_user(email="other@example.org")
    theirs = Prompt.objects.create(owner=other, name="theirs", title="Theirs", text="Another's own words")
    hers = {str(alice.id), alice.id.hex, "alice@example.org", NAME, ADDRESS, SAID_BY_PROVIDER, *HERS}
    lines = UsageRecord.objects.count()
    assert asked_to_go(alice).status_code == 302
    pseudonym = Pseudonym.objects.get(user=alice).id
    entries = AuditEntry.objects.filter(actor=pseudonym).count()
    let_grace_pass()
    assert erase_person(str(only().id)) == {"erased": 1}, list(only().steps.values())
    assert traces_of(sorted(hers), media) == []
    assert Prompt.objects.get().id == theirs.id
    assert not User.objects.filter(id=alice.id).exists()
    assert not SearchEntry.objects.filter(owner=alice.id).exists()
    # The audit log is as it was, under a name that belongs to nobody; the ledger has all its lines.
    assert AuditEntry.objects.filter(actor=pseudonym).count() == entries
    assert list(breaks()) == []
    assert not Pseudonym.objects.filter(id=pseudonym).exists()
    assert UsageRecord.objects.count() == lines
    assert erase(only().id) == {"discarded_or_taken_up_elsewhere": 1}


def test_what_is_said_of_a_longer_address_stays(root: User, alice: User) -> None:
    """Another's address that hers is a part of."""
    LogEntry.objects.create(user=root, object_repr="my-alice@example.org", action_flag=CHANGE)
    SSOTrace.objects.create(provider="works", outcome="refused", claims={"email": "my-alice@example.org"})
    asked_to_go(alice)
    let_grace_pass()
    assert erase_person(str(only().id)) == {"erased": 1}
    assert LogEntry.objects.filter(object_repr="my-alice@example.org").exists()
    assert SSOTrace.objects.exists()


def test_the_receipt(alice: User, settings: Settings, root: User, client_of: ClientOf) -> None:
    settings.SENDS_MAIL = True
    make_plain(alice)
    asked_to_go(alice)
    assert "/privacy/" in mail.outbox[0].body
    let_grace_pass()
    erase_person(str(only().id))
    [_requested, told] = mail.outbox
    assert told.to == ["alice@example.org"]
    assert "Conversations\n- Deleted: 4 rows\n" in told.body
    assert "Search index\n- Deleted: 3 rows\n" in told.body
    assert "Settings of the site\n- Nothing was there." in told.body
    assert str(only().pseudonym) in told.body
    assert (only().status, only().address, only().language, only().user_id) == ("done", "", "", None)
    shown = text_of(client_of(root).get(f"/admin/accounts/erasurerequest/{only().id}/change/"))
    assert "Conversations Deleted: 4 rows" in shown
    assert "alice" not in shown


def test_a_mail_that_is_refused_is_tried_again(
    alice: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = request_erasure(user=alice)
    settings.SENDS_MAIL = True
    let_grace_pass()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    assert erase(request.id) == {"not_reached": 1}
    assert not User.objects.filter(id=alice.id).exists()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    let_grace_pass()
    assert erase(request.id) == {"erased": 1}
    assert [one.to for one in mail.outbox] == [["alice@example.org"]]
    assert only().address == ""


class Failing:
    """A step that fails once."""

    def __init__(self) -> None:
        self.fails = True

    def __call__(self, user_id: UUID) -> None:
        if self.fails:
            self.fails = False
            raise OSError(f"nothing works for {user_id}")


def flaky() -> System:
    return System("flaky", gettext_lazy("Flaky"), (), Failing())


@pytest.mark.parametrize("app", ["chat", "providers", "accounts"])
def test_a_step_that_fails_is_tried_again_and_shown(
    alice: User, root: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch, app: str
) -> None:
    make_plain(alice)
    systems = registry._registered[app]
    monkeypatch.setitem(registry._registered, app, (*systems[:1], flaky(), *systems[1:]))
    asked_to_go(alice)
    let_grace_pass()
    assert erase_person(str(only().id)) == {"failed_by_our_fault": 1}
    step = only().steps.get(system="flaky")
    assert (step.failures, step.error, step.done_at) == (1, "OSError", None)
    assert only().due_at > timezone.now()
    admin = client_of(root)
    assert "OSError" in text_of(admin.get(f"/admin/accounts/erasurerequest/{only().id}/change/"))
    listed = admin.get("/admin/accounts/erasurerequest/")
    assert 'data-label="failing steps">1<' in listed.text
    sweep_erasures()
    assert User.objects.filter(id=alice.id).exists()
    let_grace_pass()
    assert erase_person(str(only().id)) == {"erased": 1}
    assert not User.objects.filter(id=alice.id).exists()
    assert only().steps.filter(done_at=None).count() == 0
    rows = {name: count for step in only().steps.all() for name, count in step.rows.items()}
    assert (rows["chat.Conversation.deleted"], rows["chat.SearchEntry.deleted"]) == (1, 3)


def test_what_is_being_written_is_stopped_first_and_goes_later(alice: User) -> None:
    run = make_answer(alice, took_ms=None)
    lease = {"lease_owner": uuid4(), "lease_expires_at": timezone.now() + timedelta(minutes=1)}
    Run.objects.filter(id=run.id).update(status="running", **lease)
    asked_to_go(alice)
    let_grace_pass()
    assert erase(only().id) == {"not_reached": 1}
    run.refresh_from_db()
    assert run.stop_requested_at is not None or run.status == "stopped"
    assert only().steps.get(system="conversations").error.startswith("NotWhole: ")
    assert Run.objects.filter(id=run.id).update(status="stopped")
    let_grace_pass()
    assert erase(only().id) == {"erased": 1}


@pytest.mark.django_db(transaction=True)
def test_two_at_once_share_nothing(alice: User) -> None:
    make_plain(alice)
    request = request_erasure(user=alice)
    let_grace_pass()
    barrier, outcomes = threading.Barrier(2), []

    def work() -> None:
        barrier.wait()
        outcomes.append(erase(request.id))
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, outcomes)) == ["{'discarded_or_taken_up_elsewhere': 1}", "{'erased': 1}"]
    assert AuditEntry.objects.filter(action="erasure.finished").count() == 1


def test_who_is_erased_is_shut_out(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    client = reauthenticated(alice)
    client.post("/privacy/erasure/")
    let_grace_pass()
    monkeypatch.setattr(erasures, "systems", lambda: [flaky()])
    erase_person(str(only().id))
    assert client.get("/privacy/").status_code == 302
    assert "inactive" in sign_in("alice@example.org", PASSWORD, client=Client()).headers["Location"]


class TestTheOnlyAdministrator:
    def test_can_not_ask(self, root: User) -> None:
        refused = asked_to_go(root)
        assert refused.status_code == 409
        assert "You are the only administrator here" in text_of(refused)
        assert not ErasureRequest.objects.exists()

    def test_may_once_there_is_another(self, root: User) -> None:
        User.objects.create_superuser(email="second@example.org", password=PASSWORD)
        assert asked_to_go(root).status_code == 302

    def test_of_two_only_one_goes(self, root: User) -> None:
        second = User.objects.create_superuser(email="second@example.org", password=PASSWORD)
        asked_to_go(second)
        assert asked_to_go(root).status_code == 409

    def test_who_became_the_only_one_stays(self, root: User) -> None:
        second = User.objects.create_superuser(email="second@example.org", password=PASSWORD)
        asked_to_go(root)
        User.objects.filter(id=second.id).update(is_superuser=False)
        let_grace_pass()
        erase(only().id)
        assert (only().status, User.objects.get(id=root.id).is_active) == ("waiting", True)


def test_a_hold_that_is_placed_meanwhile_stops_it(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def hold(user_id: UUID) -> None:
        LegalHold.objects.create(user_id=user_id, reason="A dispute")

    APIKey.objects.create(user=alice, name="k", prefix="cs_", hash="h")
    first = System("first", gettext_lazy("First"), (), hold)
    monkeypatch.setattr(erasures, "systems", lambda: [first, *registry.systems()])
    request = request_erasure(user=alice)
    let_grace_pass()
    assert erase(request.id) == {"discarded_or_taken_up_elsewhere": 1}
    assert APIKey.objects.filter(user=alice).exists()
    assert erasures.due_erasures() == []
    LegalHold.objects.update(released_at=timezone.now())
    assert erasures.due_erasures() == [request.id]
    monkeypatch.setattr(erasures, "systems", registry.systems)
    assert erase(request.id) == {"erased": 1}
