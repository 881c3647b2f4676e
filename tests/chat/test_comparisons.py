"""One question to several models: their answers side by side, the choice of one, and the votes it makes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from chat.actions.branches import purge_deleted_messages
from chat.actions.comparisons import READ_AT_ONCE, choose_answer, purge_comparisons
from chat.actions.runs import retry_message
from chat.actions.turns import Turn, submit_turn
from chat.models import Comparison, Conversation, Message, PreferenceVote, Run
from chat.tasks import purge_trash
from convoscope.background import limited_to
from convoscope.errors import ValidationFailed
from convoscope.settings import env
from tests.support.turns import make_turn

ClientOf = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
MODELS = ["openai/gpt-4.1", "openai/gpt-4.1-mini", "offline/convoscope-offline"]


@pytest.fixture(autouse=True)
def _openai(settings: Settings) -> None:
    settings.PROVIDERS = settings.PROVIDERS | {
        "openai": env.Provider(api_key="sk-0", base_url="", model="gpt-4.1", timeout_s=30)
    }


def compare(owner: User, *models: str, conversation: Conversation | None = None) -> Turn:
    conversation_id = conversation.id if conversation else None
    return submit_turn(
        owner=owner, conversation_id=conversation_id, text="Which?", turn_key=uuid4(), compared=models or MODELS
    )


def answers() -> list[Message]:
    return list(Message.objects.exclude(comparison=None).order_by("id"))


def end(answer: Message, status: str = "complete") -> None:
    provider, _slash, model = answer.runs.get().settings["model"].partition("/")
    said = {"text": f"By {model}", "provider": provider, "model": model, "finished_at": timezone.now()}
    Message.objects.filter(id=answer.id).update(status=status, **said)
    Run.objects.filter(message=answer).update(status="complete" if status == "complete" else "failed")
    answer.refresh_from_db()


def test_each_model_answers_alone_and_at_once(alice: User) -> None:
    turn = compare(alice)
    runs = [one.runs.get() for one in answers()]
    assert [run.settings["model"] for run in runs] == MODELS
    assert all(run.settings["only_this_model"] for run in runs)
    assert {one.parent_id for one in answers()} == {turn.question.id}
    turn.conversation.refresh_from_db()
    assert turn.conversation.active_leaf_id == answers()[0].id
    assert "model" not in turn.conversation.settings


def test_one_of_them_is_given_again_while_another_is_being_written(alice: User) -> None:
    compare(alice)
    first, *others = answers()
    end(first)
    again = retry_message(message=first, by=alice)
    assert again not in (first, *others)
    assert retry_message(message=first, by=alice) == again


@pytest.mark.parametrize(
    "models", [MODELS[:1], [MODELS[0]] * 2, [*MODELS, "auto", "openai/gpt-4o"], [MODELS[0], "nowhere/no-such"]]
)
def test_what_cant_be_compared_is_refused_and_nothing_written(alice: User, models: list[str]) -> None:
    with pytest.raises(ValidationFailed):
        compare(alice, *models)
    assert (Message.objects.count(), Comparison.objects.count()) == (0, 0)


def test_sent_twice_it_is_one_comparison(alice: User) -> None:
    key = uuid4()
    for is_new in (True, False):
        turn = submit_turn(owner=alice, conversation_id=None, text="Which?", turn_key=key, compared=MODELS)
        assert (turn.is_new, turn.is_compared) == (is_new, True)
    assert len(answers()) == 3


def test_the_page_shows_them_side_by_side_until_one_is_chosen(alice: User, client_of: ClientOf) -> None:
    turn = make_turn(alice, "Before")
    Message.objects.filter(id=turn.answer.id).update(status="complete", text="Yes")
    client, address = client_of(alice), reverse("message_create", args=[turn.conversation.id])
    form = {"text": "Which?", "turn_key": str(uuid4()), "parent": str(turn.answer.id), "compare": MODELS}
    sent = client.post(address, form, headers=HTMX | {"HX-Target": "log"})
    assert (sent.headers["HX-Reswap"], sent.text.count("Use this answer")) == ("outerHTML", 3)
    assert 'id="compared" class="compared-models" hx-swap-oob="true"></div>' in sent.text
    page = client.get(reverse("conversation_detail", args=[turn.conversation.id])).text
    assert (page.count('class="answer"'), page.count('class="question"')) == (4, 2)
    first, second, third = answers()
    for one in (first, second):
        end(one)
    chosen = client.post(reverse("message_choose", args=[second.id]), headers=HTMX)
    assert ("Use this answer" in chosen.text, "2 / 3" in chosen.text) == (False, True)
    assert third.runs.get().status == "stopped"
    turn.conversation.refresh_from_db()
    assert turn.conversation.active_leaf_id == second.id


def test_a_new_conversation_can_begin_with_a_comparison(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    form = {"text": "Which?", "turn_key": str(uuid4()), "compare": MODELS[:2]}
    html = client.post(reverse("conversation_create"), form, headers=HTMX).text
    assert html.count("Use this answer") == 2


def test_the_choice_is_a_vote_against_each_whole_answer(alice: User) -> None:
    compare(alice)
    first, second, third = answers()
    end(first)
    end(second)
    end(third, "failed")
    choose_answer(answer=second, by=alice)
    [vote] = PreferenceVote.objects.all()
    assert (vote.winner, vote.loser, vote.voter) == (MODELS[1], MODELS[0], alice)


def test_only_the_first_choice_counts(alice: User) -> None:
    turn = compare(alice, *MODELS[:2])
    first, second = answers()
    end(first)
    end(second)
    choose_answer(answer=first, by=alice)
    choose_answer(answer=second, by=alice)
    assert [vote.winner for vote in PreferenceVote.objects.all()] == [MODELS[0]]
    turn.conversation.refresh_from_db()
    assert turn.conversation.active_leaf_id == second.id


def test_who_goes_on_without_choosing_goes_on_with_the_first(alice: User, client_of: ClientOf) -> None:
    turn = compare(alice, *MODELS[:2])
    for one in answers():
        end(one)
    make_turn(alice, "And then?", turn.conversation)
    page = client_of(alice).get(reverse("conversation_detail", args=[turn.conversation.id])).text
    assert ("Use this answer" in page, "1 / 2" in page) == (False, True)
    assert PreferenceVote.objects.count() == 0


def test_votes_outlive_answers_and_people(alice: User) -> None:
    compare(alice, *MODELS[:2])
    for one in answers():
        end(one)
    choose_answer(answer=answers()[0], by=alice)
    alice.delete()
    assert [vote.voter for vote in PreferenceVote.objects.all()] == [None]


def delete_conversation() -> None:
    Conversation.objects.update(trashed_at=timezone.now(), deleted_at=timezone.now())


def delete_messages() -> None:
    Message.objects.update(deleted_at=timezone.now() - timedelta(hours=1))
    purge_deleted_messages()


def erase_owner() -> None:
    User.objects.get(email="alice@example.org").delete()


@pytest.mark.parametrize("delete", [delete_conversation, delete_messages, erase_owner])
def test_a_comparison_goes_with_the_last_of_its_answers(alice: User, charlie: User, delete: Callable[[], None]) -> None:
    compare(alice, *MODELS[:2])
    for one in answers():
        end(one)
    choose_answer(answer=answers()[0], by=alice)
    delete()
    compare(charlie, *MODELS[:2])
    purge_trash()
    assert Comparison.objects.get().answers.count() == 2
    assert PreferenceVote.objects.count() == 1


def test_comparisons_are_looked_through_piece_by_piece_as_far_as_the_time_goes(alice: User) -> None:
    Comparison.objects.bulk_create(Comparison() for _ in range(2 * READ_AT_ONCE))
    compare(alice, *MODELS[:2])
    with limited_to(-1):
        assert purge_comparisons() == 0
    assert purge_comparisons() == 2 * READ_AT_ONCE
    assert Comparison.objects.get().answers.count() == 2


def test_an_answer_of_no_comparison_cant_be_chosen(alice: User, client_of: ClientOf) -> None:
    turn = make_turn(alice)
    response = client_of(alice).post(reverse("message_choose", args=[turn.answer.id]), headers=HTMX)
    assert response.status_code == 422


def test_the_models_are_picked_in_a_dialog(alice: User, client_of: ClientOf) -> None:
    client, address = client_of(alice), reverse("model_compare")
    assert 'type="checkbox" name="compare"' in client.get(address, headers=HTMX).text
    refused = client.post(address, {"compare": MODELS[:1]}, headers=HTMX)
    assert (refused.status_code, "two to four" in refused.text) == (422, True)
    picked = client.post(address, {"compare": MODELS[:2]}, headers=HTMX)
    assert picked.text.count('type="hidden" name="compare"') == 2
    assert "<input" not in client.post(address, headers=HTMX).text
    plain = client.post(address, {"compare": MODELS[:2]})
    assert client.get(plain.headers["Location"]).text.count('type="hidden" name="compare"') == 2


def test_for_others_there_is_nothing(alice: User, charlie: User, client_of: ClientOf, client: Client) -> None:
    compare(alice)
    address = reverse("message_choose", args=[answers()[0].id])
    assert client_of(charlie).post(address).status_code == 404
    assert client.post(address).headers["Location"].startswith("/accounts/login/")
