"""What people see of decisions about them, and their appeals."""

from __future__ import annotations

import pytest

from accounts.models import AuditEntry, User
from chat.actions.appeals import appeal
from chat.actions.moderation import hide_message, lock_conversation, mark_reviewed, warn_user
from chat.models import Appeal, Message, ModerationAction
from tests.chat.moderation.conftest import ClientOf
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
