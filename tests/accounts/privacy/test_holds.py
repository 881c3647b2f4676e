"""A legal hold: nothing of that person goes by the clock or is erased, until it is released."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import AuditEntry, ErasureRequest, LegalHold, User
from accounts.tasks import retire_inactive, sweep_erasures
from chat.actions.attachments import purge_waiting
from chat.actions.prompts import purge_deleted_prompts
from chat.actions.purging import purge_folders
from chat.models import Attachment, Conversation, Folder, Message, Prompt
from chat.tasks import expire_old, purge_deleted_messages, purge_trash
from tests.accounts.privacy.conftest import asked_to_go, let_grace_pass, reauthenticated
from tests.chat.lifecycle.conftest import ago
from tests.support.answers import make_plain
from tests.support.entrance import text_of

ClientOf = Callable[[User], Client]


@pytest.fixture
def held(alice: User, root: User, client_of: ClientOf) -> Client:
    """By the admin, whose client this is."""
    admin = client_of(root)
    form = {"user": str(alice.id), "reason": "A dispute about invoices"}
    assert admin.post("/admin/accounts/legalhold/add/", form).status_code == 302
    return admin


def release(admin: Client) -> None:
    hold = LegalHold.objects.standing().get()
    answer = admin.post("/admin/accounts/legalhold/", {"action": "release", "_selected_action": [str(hold.pk)]})
    assert answer.status_code == 302


def test_it_is_in_the_audit_log(alice: User, held: Client) -> None:
    entry = AuditEntry.objects.get(action="legal_hold.placed")
    assert (entry.reason, entry.subject) == ("A dispute about invoices", alice.pseudonym.id)
    again = held.post("/admin/accounts/legalhold/add/", {"user": str(alice.id), "reason": "Another"})
    assert "under a legal hold already" in text_of(again)
    release(held)
    assert AuditEntry.objects.filter(action="legal_hold.released").count() == 1
    hold = LegalHold.objects.get()
    assert hold.placed_by is not None
    for path in ("change", "delete"):
        assert held.post(f"/admin/accounts/legalhold/{hold.pk}/{path}/", {"reason": "x"}).status_code == 403


def test_erasure_waits_and_says_so(alice: User, held: Client) -> None:
    assert asked_to_go(alice).status_code == 302
    assert "It waits meanwhile" in text_of(reauthenticated(alice).get("/privacy/"))
    let_grace_pass()
    assert sweep_erasures() == {"queued": 0}
    assert "Waits for a legal hold" in text_of(held.get("/admin/accounts/erasurerequest/"))
    release(held)
    assert "Waits for a legal hold" not in text_of(held.get("/admin/accounts/erasurerequest/"))
    assert ErasureRequest.objects.takeable(ago(days=-1)).count() == 1


def test_the_clock_deletes_nothing(alice: User, held: Client, settings: Settings) -> None:
    settings.RETENTION_DAYS = 90
    for fields in (
        {"trashed_at": ago(days=40)},
        {"is_temporary": True, "active_at": ago(days=3)},
        {"deleted_at": ago(days=1)},
        {"status": "completed", "resolved_at": ago(days=100), "expiry_announced_at": ago(days=20)},
        {"is_health": True, "active_at": ago(days=40), "expiry_announced_at": ago(days=20)},
    ):
        run = make_plain(alice)
        Conversation.objects.filter(id=run.message.conversation_id).update(**fields)
    Message.objects.filter(id=make_plain(alice).message_id).update(deleted_at=ago(days=1))

    def clock() -> None:
        for task in (purge_trash, expire_old, purge_deleted_messages):
            task()

    messages = Message.objects.count()
    clock()
    assert Message.objects.count() == messages
    release(held)
    clock()
    # The last conversation keeps its question.
    assert Message.objects.count() == 1


def test_nobody_is_retired_under_it(alice: User, held: Client, settings: Settings) -> None:
    settings.PROFILE_RETENTION_DAYS = 365
    User.objects.filter(id=alice.id).update(last_login=ago(days=500), date_joined=ago(days=500))
    assert retire_inactive() == {"people_told": 0}


def test_nor_what_waits_folders_and_prompts(alice: User, held: Client) -> None:
    Attachment.objects.create(owner=alice, name="a.txt", kind="document", created_at=ago(days=2))
    Folder.objects.create(owner=alice, name="Old", key="old", deleted_at=ago(days=2))
    Prompt.objects.create(owner=alice, name="old", title="Old", text="Old", deleted_at=ago(days=2))

    def left() -> list[int]:
        purge_waiting()
        purge_folders()
        purge_deleted_prompts()
        return [model.objects.count() for model in (Attachment, Folder, Prompt)]

    assert left() == [1, 1, 1]
    release(held)
    assert left() == [0, 0, 0]
