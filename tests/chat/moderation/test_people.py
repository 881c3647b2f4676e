"""Suspending a person as such, from their page in the admin; and letting them in again."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts.actions.people import give_role, suspend
from accounts.models import AuditEntry, ErasureRequest, Role, User
from chat.actions.appeals import appeal
from chat.actions.flags import NotTheirs
from chat.actions.moderation import let_in_again, restore, suspend_person, suspend_user
from chat.models import Message, ModerationAction, Run
from convoscope.errors import ValidationFailed
from tests.chat.moderation.conftest import ClientOf
from tests.support.answers import make_plain
from tests.support.entrance import text_of

REASON = "They sell what isn't theirs."
SUSPEND = {"kind": "suspend_user", "reason": REASON}
LIFT = {"kind": "restore", "reason": "It was somebody else."}


def page_of(person: User) -> str:
    return f"/admin/moderation/people/{person.id}/"


def at_the_door(person: User) -> str:
    """What who signs in with the right password reads."""
    form = {"login": person.email, "password": "a long enough password"}
    return text_of(Client().post("/accounts/login/", form, follow=True))


def test_a_person_is_suspended_with_a_reason_and_let_in_again(
    alice: User, administrator: User, client_of: ClientOf
) -> None:
    root, client = client_of(administrator), client_of(alice)
    assert "Suspend this person" in root.get(page_of(alice)).text
    assert root.post(page_of(alice), SUSPEND).status_code == 302
    assert client.get("/").status_code == 302
    assert REASON in at_the_door(alice)
    decision = ModerationAction.objects.get()
    assert (decision.kind, decision.person, decision.conversation, decision.reason) == (
        "suspend_user",
        alice,
        None,
        REASON,
    )
    page = root.get(page_of(alice)).text
    assert "Let this person in again" in page
    assert administrator.email in page
    assert root.post(page_of(alice), LIFT).status_code == 302
    decision.refresh_from_db()
    assert decision.undone_by is not None
    alice.refresh_from_db()
    assert (alice.is_active, alice.suspension_reason) == (True, "")
    decisions = client_of(alice).get("/decisions/").text
    assert "Account suspended" in decisions
    assert "It was somebody else." in decisions
    written = AuditEntry.objects.filter(action__startswith="moderation.").order_by("number")
    assert [(one.action, one.subject) for one in written] == [
        ("moderation.suspend_user", alice.pseudonym.id),
        ("moderation.restore", alice.pseudonym.id),
    ]


def test_what_is_being_written_stops(alice: User, administrator: User, client_of: ClientOf) -> None:
    run = make_plain(alice, took_ms=None)
    client_of(administrator).post(page_of(alice), SUSPEND)
    run.refresh_from_db()
    assert run.status == Run.Status.STOPPED


@pytest.mark.parametrize(
    ("form", "said"),
    [
        pytest.param({"kind": "suspend_user", "reason": " "}, "Say why.", id="no-reason"),
        pytest.param({"kind": "warn_user", "reason": REASON}, "Choose what is to be done.", id="no-such-decision"),
        pytest.param(LIFT, "isn&#x27;t suspended", id="not-suspended"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_was_written(
    alice: User, administrator: User, client_of: ClientOf, form: dict[str, str], said: str
) -> None:
    refused = client_of(administrator).post(page_of(alice), form)
    assert refused.status_code == 422
    assert said in refused.text
    assert form["reason"].strip().replace("'", "&#x27;") in refused.text
    assert not ModerationAction.objects.exists()


def test_nobody_suspends_themselves_nor_a_moderator_an_administrator(
    moderator: User, administrator: User, client_of: ClientOf
) -> None:
    for by, person in ((administrator, administrator), (moderator, administrator)):
        page = client_of(by).get(page_of(person)).text
        assert "Suspend this person" not in page
        assert client_of(by).post(page_of(person), SUSPEND).status_code == 403
    assert not ModerationAction.objects.exists()


def test_who_is_not_there_has_no_page(administrator: User, client_of: ClientOf) -> None:
    assert client_of(administrator).get(f"/admin/moderation/people/{uuid4()}/").status_code == 404


def test_a_suspension_for_a_conversation_is_lifted_there_too(
    alice: User, answer: Message, moderator: User, administrator: User, client_of: ClientOf
) -> None:
    suspended = suspend_user(conversation=answer.conversation, reason=REASON, by=moderator)
    answer.conversation.delete()
    client_of(administrator).post(page_of(alice), LIFT)
    suspended.refresh_from_db()
    assert suspended.undone_by is not None
    assert User.objects.get(id=alice.id).is_active


def test_who_was_shut_out_without_a_decision_is_let_in(alice: User, administrator: User, client_of: ClientOf) -> None:
    """By the box that there once was in the admin."""
    User.objects.filter(id=alice.id).update(is_active=False)
    assert client_of(administrator).post(page_of(alice), LIFT).status_code == 302
    assert User.objects.get(id=alice.id).is_active
    assert AuditEntry.objects.get(action="moderation.restore").details["undoes"] == ""


def test_an_appeal_against_it_is_answered(
    alice: User, administrator: User, moderator: User, client_of: ClientOf
) -> None:
    suspended = suspend_person(person=alice, reason=REASON, by=administrator)
    restore(action=suspended, reason="For now.", by=administrator)
    again = suspend_person(person=alice, reason=REASON, by=administrator)
    appeal(action=again, text="It wasn't me.")
    form = {"outcome": "granted", "answer": "It wasn't."}
    assert client_of(moderator).post(f"/admin/moderation/appeals/{again.id}/", form).status_code == 302
    assert User.objects.get(id=alice.id).is_active


def test_in_the_form_of_a_person_it_can_not_be_ticked(alice: User, administrator: User, client_of: ClientOf) -> None:
    root = client_of(administrator)
    address = f"/admin/accounts/user/{alice.id}/change/"
    page = root.get(address).text
    assert 'name="is_active"' not in page
    assert page_of(alice) in page
    form = {"email": alice.email, "theme": "system", "language": "en"}
    assert root.post(address, form).status_code == 302
    alice.refresh_from_db()
    assert alice.is_active
    suspend(user=alice, reason=REASON)
    assert root.post(address, form | {"is_active": "on"}).status_code == 302
    assert not User.objects.get(id=alice.id).is_active


class TestWhoIsBeingErased:
    @pytest.fixture(autouse=True)
    def _begun(self, alice: User) -> None:
        ErasureRequest.objects.create(user=alice, pseudonym=uuid4(), status="running", due_at=timezone.now())
        User.objects.filter(id=alice.id).update(is_active=False)

    def test_is_not_told_that_they_are_suspended(self, alice: User) -> None:
        page = at_the_door(alice)
        assert "This account is being erased" in page
        assert "suspended" not in page

    def test_is_let_in_by_nobody(self, alice: User, administrator: User, client_of: ClientOf) -> None:
        root = client_of(administrator)
        assert "This account is being erased" in root.get(page_of(alice)).text
        refused = root.post(page_of(alice), LIFT)
        assert refused.status_code == 422
        assert not User.objects.get(id=alice.id).is_active
        assert not ModerationAction.objects.exists()

    def test_nor_by_taking_a_decision_back(self, alice: User, administrator: User) -> None:
        User.objects.filter(id=alice.id).update(is_active=True)
        suspended = suspend_person(person=alice, reason=REASON, by=administrator)
        with pytest.raises(ValidationFailed, match="being erased"):
            restore(action=suspended, reason="For now.", by=administrator)


def test_of_two_administrators_who_suspend_each_other_at_once_one_stays(administrator: User, admin: User) -> None:
    seconds = User.objects.get(id=admin.id)
    suspend_person(person=admin, reason=REASON, by=administrator)
    with pytest.raises(NotTheirs, match="suspended meanwhile"):
        suspend_person(person=administrator, reason=REASON, by=seconds)
    administrator.refresh_from_db()
    assert administrator.is_active


def test_the_only_administrator_stays_one(administrator: User, admin: User) -> None:
    """Also where somebody has the role alone, which gave less once."""
    give_role(user=admin, role=Role.ADMINISTRATOR)
    User.objects.filter(id=admin.id).update(is_superuser=False)
    with pytest.raises(ValidationFailed, match="only administrator"):
        suspend_person(person=administrator, reason=REASON, by=User.objects.get(id=admin.id))
    administrator.refresh_from_db()
    assert administrator.is_active


def test_whose_rights_were_taken_meanwhile_suspends_nobody(alice: User, administrator: User, admin: User) -> None:
    for person in (admin, alice):
        User.objects.filter(id=administrator.id).update(is_superuser=False)
        administrator.groups.clear()
        with pytest.raises(NotTheirs):
            suspend_person(person=person, reason=REASON, by=administrator)
    assert not ModerationAction.objects.exists()


@pytest.mark.parametrize("is_decided", [True, False])
def test_of_two_who_let_a_person_in_at_once_one_does(alice: User, administrator: User, is_decided: bool) -> None:
    if is_decided:
        suspend_person(person=alice, reason=REASON, by=administrator)
    else:
        suspend(user=alice, reason=REASON)
    seen = [User.objects.get(id=alice.id) for _one in range(2)]
    let_in_again(person=seen[0], reason=REASON, by=administrator)
    with pytest.raises(ValidationFailed, match="isn't suspended"):
        let_in_again(person=seen[1], reason=REASON, by=administrator)
    assert AuditEntry.objects.filter(action="moderation.restore").count() == 1
