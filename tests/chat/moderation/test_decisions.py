"""What people see of decisions about them, and their appeals."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from accounts.actions.people import give_role, make_administrator
from accounts.models import AuditEntry, Role, User
from chat.actions.appeals import appeal
from chat.actions.flags import flag_message
from chat.actions.moderation import hide_message, lock_conversation, mark_reviewed, warn_user
from chat.models import Appeal, Message, ModerationAction
from tests.chat.moderation.conftest import ClientOf, make_moderator
from tests.support.answers import TEXT, make_plain

PAGE = "/decisions/"
APPEALS = "/admin/moderation/appeals/"


@pytest.fixture
def hidden(answer: Message, moderator: User) -> ModerationAction:
    return hide_message(message=answer, reason="It insults.", by=moderator)


def test_each_decision_stands_there_with_its_reason(
    alice: User, answer: Message, moderator: User, client_of: ClientOf
) -> None:
    client = client_of(alice)
    assert "There are none." in client.get(PAGE).text
    assert PAGE not in client.get("/preferences/").text
    warn_user(conversation=answer.conversation, reason="It insults.", by=moderator, message=answer)
    mark_reviewed(conversation=answer.conversation, reason="Among us.", by=moderator)
    page = client.get(PAGE).text
    assert PAGE in client.get("/preferences/").text
    assert "Warning" in page
    assert "It insults." in page
    assert TEXT in page
    assert "Among us." not in page
    # Who decided isn't told.
    assert moderator.email not in page


def test_what_is_hidden_is_not_shown_there(alice: User, hidden: ModerationAction, client_of: ClientOf) -> None:
    page = client_of(alice).get(PAGE).text
    assert "Message hidden" in page
    assert TEXT not in page


def test_once_deleted_by_its_owner_the_decision_stands(
    alice: User, answer: Message, hidden: ModerationAction, client_of: ClientOf
) -> None:
    answer.conversation.delete()
    assert "It insults." in client_of(alice).get(PAGE).text


@pytest.mark.parametrize("outcome", ["granted", "refused"])
def test_an_appeal_is_decided_and_answered(
    alice: User, answer: Message, moderator: User, hidden: ModerationAction, client_of: ClientOf, outcome: str
) -> None:
    client = client_of(alice)
    assert client.post(f"{PAGE}{hidden.id}/appeal/", {"text": "It is a quotation."}).status_code == 302
    assert "It waits for an answer" in client.get(PAGE).text
    again = client.post(f"{PAGE}{hidden.id}/appeal/", {"text": "Once more"})
    assert again.status_code == 422
    assert "You have appealed against this already." in again.text
    moderators = client_of(moderator)
    assert "It is a quotation." in moderators.get(APPEALS).text
    form = {"outcome": outcome, "answer": "We looked again."}
    assert moderators.post(f"{APPEALS}{hidden.id}/", form).status_code == 302
    twice = moderators.post(f"{APPEALS}{hidden.id}/", form)
    assert "decided already" in twice.text
    page = client.get(PAGE).text
    assert "We looked again." in page
    answer.refresh_from_db()
    assert (answer.hidden_at is None) is (outcome == "granted")
    assert AuditEntry.objects.filter(action__in=("appeal.made", f"appeal.{outcome}")).count() == 2


@pytest.mark.parametrize("text", ["", "  ", "x" * 2_001])
def test_an_appeal_says_why(alice: User, hidden: ModerationAction, client_of: ClientOf, text: str) -> None:
    response = client_of(alice).post(f"{PAGE}{hidden.id}/appeal/", {"text": text})
    assert response.status_code == 422
    assert text.strip() in response.text
    assert not Appeal.objects.exists()


def test_it_is_theirs_alone(
    charlie: User, moderator: User, answer: Message, hidden: ModerationAction, client_of: ClientOf
) -> None:
    assert client_of(charlie).post(f"{PAGE}{hidden.id}/appeal/", {"text": "x"}).status_code == 404
    reviewed = mark_reviewed(conversation=answer.conversation, reason="x", by=moderator)
    assert client_of(answer.conversation.owner).post(f"{PAGE}{reviewed.id}/appeal/", {"text": "x"}).status_code == 404


@pytest.mark.parametrize("form", [{"outcome": "granted", "answer": " "}, {"outcome": "perhaps", "answer": "Kept"}])
def test_an_appeal_is_not_decided_without_an_answer(
    alice: User, moderator: User, hidden: ModerationAction, client_of: ClientOf, form: dict[str, str]
) -> None:
    appeal(action=hidden, text="It is a quotation.")
    page = client_of(moderator).post(f"{APPEALS}{hidden.id}/", form)
    assert page.status_code == 422
    assert form["answer"] in page.text
    assert not Appeal.objects.exclude(outcome="").exists()


def test_of_moderators_an_administrator_decides(moderator: User, administrator: User, client_of: ClientOf) -> None:
    own = make_plain(moderator).message
    locked = lock_conversation(conversation=own.conversation, reason="It insults.", by=administrator)
    appeal(action=locked, text="It is a quotation.")
    form = {"outcome": "granted", "answer": "We looked again."}
    assert client_of(moderator).post(f"{APPEALS}{locked.id}/", form).status_code == 403
    assert client_of(administrator).post(f"{APPEALS}{locked.id}/", form).status_code == 302


# Who answers an appeal

ONLY_ONE = "nobody else here may decide about it"


def test_who_took_the_decision_leaves_the_appeal_to_another(
    alice: User, answer: Message, moderator: User, hidden: ModerationAction, client_of: ClientOf
) -> None:
    appeal(action=hidden, text="It is a quotation.")
    other = make_moderator("otto")
    decider = client_of(moderator)
    page = decider.get(APPEALS).text
    assert "It is a quotation." in page
    assert "You took this decision: another moderator or administrator answers the appeal." in page
    assert f"{APPEALS}{hidden.id}/" not in page
    refused = decider.post(f"{APPEALS}{hidden.id}/", {"outcome": "refused", "answer": "All that I wrote"})
    assert refused.status_code == 403
    assert "You took this decision" in refused.text
    assert "All that I wrote" in refused.text
    assert Appeal.objects.get().outcome == ""
    assert f"{APPEALS}{hidden.id}/" in client_of(other).get(APPEALS).text
    form = {"outcome": "refused", "answer": "We looked again."}
    assert client_of(other).post(f"{APPEALS}{hidden.id}/", form).status_code == 302
    assert not Appeal.objects.get().has_same_judge
    assert ONLY_ONE not in client_of(alice).get(PAGE).text


def test_what_a_moderator_decided_an_administrator_may_answer(
    hidden: ModerationAction, moderator: User, administrator: User, client_of: ClientOf
) -> None:
    appeal(action=hidden, text="It is a quotation.")
    form = {"outcome": "granted", "answer": "We looked again."}
    assert client_of(moderator).post(f"{APPEALS}{hidden.id}/", form).status_code == 403
    assert client_of(administrator).post(f"{APPEALS}{hidden.id}/", form).status_code == 302


def _suspended() -> None:
    User.objects.filter(id=make_moderator("otto").id).update(is_active=False)


def _kept_out_of_the_admin() -> None:
    User.objects.filter(id=make_moderator("otto").id).update(is_staff=False)


def _analyst() -> None:
    give_role(user=User.objects.create_user(email="otto@example.org", is_staff=True), role=Role.ANALYST)


def _nobody() -> None:
    pass


@pytest.mark.parametrize("make_other", [_nobody, _suspended, _kept_out_of_the_admin, _analyst])
def test_where_nobody_else_may_it_is_said_that_they_did(
    alice: User, moderator: User, hidden: ModerationAction, client_of: ClientOf, make_other: Callable[[], None]
) -> None:
    make_other()
    appeal(action=hidden, text="It is a quotation.")
    decider = client_of(moderator)
    page = decider.get(APPEALS).text
    assert ONLY_ONE in page
    assert f"{APPEALS}{hidden.id}/" in page
    form = {"outcome": "refused", "answer": "I looked again."}
    assert decider.post(f"{APPEALS}{hidden.id}/", form).status_code == 302
    said = "Who took the decision also gave this answer, since nobody else here has the right to."
    assert said in client_of(alice).get(PAGE).text
    assert AuditEntry.objects.get(action="appeal.refused").details == {"same_judge": True}
    moderator.delete()
    assert said in client_of(alice).get(PAGE).text


def test_of_moderators_another_administrator_answers_where_there_is_one(
    moderator: User, administrator: User, client_of: ClientOf
) -> None:
    """Another moderator wouldn't do."""
    make_moderator("otto")
    own = make_plain(moderator).message
    locked = lock_conversation(conversation=own.conversation, reason="It insults.", by=administrator)
    appeal(action=locked, text="It is a quotation.")
    assert ONLY_ONE in client_of(administrator).get(APPEALS).text
    make_administrator(user=User.objects.create_user(email="rita@example.org"))
    page = client_of(administrator).get(APPEALS).text
    assert "You took this decision: another administrator answers the appeal." in page
    assert "This is yours: another moderator has to decide about it." in client_of(moderator).get(APPEALS).text


def test_the_transcript_says_what_was_appealed_and_who_answers(
    answer: Message, moderator: User, hidden: ModerationAction, client_of: ClientOf
) -> None:
    other = make_moderator("otto")
    flag_message(message=answer, source="guard", category="hate", severity=3, details={})
    appeal(action=hidden, text="It is a quotation.")
    address = f"/admin/moderation/conversations/{answer.conversation_id}/"
    for person, barred in ((moderator, True), (other, False)):
        page = client_of(person).get(address).text
        assert f"{APPEALS}#appeal-{hidden.id}" in page
        assert ("You took this decision" in page) is barred


def test_the_list_of_appeals_asks_no_more_for_more(
    alice: User, moderator: User, client_of: ClientOf, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_moderator("otto")
    client = client_of(moderator)

    def add() -> None:
        locked = lock_conversation(conversation=make_plain(alice).message.conversation, reason="x", by=moderator)
        appeal(action=locked, text="It is a quotation.")

    add()
    client.get(APPEALS)
    with CaptureQueriesContext(connection) as captured:
        client.get(APPEALS)
    for _ in range(5):
        add()
    with django_assert_num_queries(len(captured)):
        client.get(APPEALS)
