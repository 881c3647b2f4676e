"""Budgets and estimates in conversations: what is refused is kept in the composer, what ends is given back."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from chat.actions.runs import continue_message, retry_message, stop_run
from chat.actions.turns import Turn, submit_turn
from chat.models import Attachment, Conversation, Message, Run
from chat.runs.finish import finish_run, give_up_run
from chat.runs.leases import claim_run
from chat.runs.result import RunResult
from chat.spending import budget_warnings, estimate_answer, reserve_run
from convoscope.settings import env
from providers.actions.ledger import write_lines
from providers.catalog import resolve_model
from providers.contract import Payer
from providers.errors import BudgetExceeded
from providers.estimates import estimate_cost
from providers.model_access import usable_models
from providers.models import PersonalEndpoint, Reservation
from providers.personal import forget_keys
from providers.tokens import count_text_tokens
from tests.support.entrance import text_of
from tests.support.spending import PRICED, counters, line, make_budget, make_team
from tests.support.turns import make_turn

ClientOf = Callable[[User], Client]
COMPOSER = {"HX-Request": "true", "HX-Trigger": "composer"}
pytestmark = pytest.mark.django_db


@pytest.fixture
def priced(settings: Settings) -> None:
    """The site's model has a price."""
    settings.PROVIDERS = {"anthropic": env.Provider(api_key="k", base_url="", model=PRICED, timeout_s=30)}


def finish(turn: Turn, *, text: str = "An answer", reason: str = "complete", tokens: int | None = None) -> None:
    claim = claim_run(turn.run.id, owner=uuid4())
    assert claim is not None
    result = RunResult(Message.Status.COMPLETE, text, f"<p>{text}</p>", finish_reason=reason, input_tokens=tokens)
    finish_run(claim, Run.objects.get(id=turn.run.id), result)
    turn.answer.refresh_from_db()


def tokens_of(text: str) -> int:
    return count_text_tokens(text, model=resolve_model(PRICED, endpoints={"anthropic"}))


def keep_key(owner: User, endpoint: str) -> None:
    row = PersonalEndpoint(owner=owner, name=endpoint)
    row.keep_key("sk-a-key-of-their-own")
    row.save()
    forget_keys(owner.id)


def ask_auto(owner: User) -> Turn:
    return submit_turn(owner=owner, conversation_id=None, text="Hello?", turn_key=uuid4(), model="auto")


def words(count: int) -> str:
    return " ".join(["word"] * count)


def rows() -> tuple[int, int, int]:
    return Conversation.objects.count(), Message.objects.count(), Run.objects.count()


# What is refused


@pytest.mark.parametrize("is_new", [True, False])
def test_a_refused_turn_is_said_beside_the_composer_and_nothing_is_written(
    alice: User, client_of: ClientOf, priced: None, is_new: bool
) -> None:
    path = "/conversations/" if is_new else f"/conversations/{make_turn(alice).conversation.id}/messages/"
    make_budget(limit="100")
    write_lines([line(Payer(alice.id), (100, 0))])
    before, version = rows(), list(Conversation.objects.values_list("version", "active_leaf"))
    fields = {"text": "Kept as it is", "turn_key": str(uuid4())}
    response = client_of(alice).post(path, fields, headers=COMPOSER)
    assert response.status_code == 402
    assert response["HX-Retarget"] == "#composer-error"
    assert "Your monthly budget of 100 tokens is used up. It renews on 1 " in response.text
    assert rows() == before
    assert list(Conversation.objects.values_list("version", "active_leaf")) == version
    plain = client_of(alice).post(path, fields)
    assert plain.status_code == 402
    assert "Kept as it is</textarea>" in plain.text
    assert "is used up. It renews on 1 " in plain.text
    assert rows() == before
    assert not Reservation.objects.exists()


def test_a_repeated_turn_is_found_although_nothing_is_left(alice: User, priced: None) -> None:
    key = uuid4()
    first = submit_turn(owner=alice, conversation_id=None, text="Once", turn_key=key)
    make_budget(limit="100")
    write_lines([line(Payer(alice.id), (100, 0))])
    again = submit_turn(owner=alice, conversation_id=None, text="Once", turn_key=key)
    assert (again.run.id, again.is_new) == (first.run.id, False)


def test_retry_and_continue_are_refused_and_change_nothing(alice: User, client_of: ClientOf, priced: None) -> None:
    turn = make_turn(alice)
    finish(turn, reason="length")
    make_budget(limit="100")
    write_lines([line(Payer(alice.id), (100, 0))])
    before = rows()
    for command in ("retry", "continue"):
        response = client_of(alice).post(f"/messages/{turn.answer.id}/{command}/", headers={"HX-Request": "true"})
        assert response.status_code == 402
        assert "is used up" in response.text
    turn.answer.refresh_from_db()
    assert (rows(), turn.answer.status) == (before, Message.Status.COMPLETE)


def test_a_team_pays_with_its_members(alice: User, charlie: User, priced: None) -> None:
    team = make_team("Research", alice, charlie)
    make_budget("team", "Research", limit="100")
    write_lines([line(Payer(charlie.id, team.id), (100, 0))])
    with pytest.raises(BudgetExceeded, match="Your team's monthly budget of 100 tokens"):
        make_turn(alice)


def test_the_built_in_model_answers_although_the_money_is_gone(alice: User) -> None:
    make_budget(unit="money", limit="0.0001")
    write_lines([line(Payer(alice.id), (100, 0))])
    assert make_turn(alice).is_new
    assert not Reservation.objects.exists()


def test_auto_holds_what_the_dearest_it_may_choose_would_cost(alice: User, priced: None) -> None:
    budget = make_budget("site", unit="money", limit="0.01")
    names = [entry.model.full_id for entry in usable_models(alice.id)]
    estimates = [estimate_cost(input_tokens=2, max_output_tokens=None, full_id=name).nanousd for name in names]
    dearest = max(cost for cost in estimates if cost is not None)
    fitting = -(-budget.limit // dearest)
    for _turn in range(fitting):
        ask_auto(alice)
    with pytest.raises(BudgetExceeded, match="has nothing left but what answers that are being written"):
        ask_auto(alice)
    used, reserved = counters(budget)
    assert used == 0
    assert reserved == pytest.approx(fitting * dearest, rel=0.01)


def test_auto_holds_nothing_where_every_model_is_free(alice: User) -> None:
    make_budget("site", unit="money", limit="0.0001")
    write_lines([line(Payer(alice.id), (100, 0))])
    assert ask_auto(alice).is_new
    assert not Reservation.objects.exists()


def test_who_pays_with_a_key_of_their_own_is_refused_by_no_budget_in_money(
    alice: User, priced: None, settings: Settings
) -> None:
    settings.OWN_KEYS_ALLOWED = True
    keep_key(alice, "anthropic")
    make_budget("site", unit="money", limit="0.0001")
    write_lines([line(Payer(), (1_000, 0))])
    assert make_turn(alice).is_new
    assert not Reservation.objects.exists()
    tokens = make_budget("site", unit="tokens", limit="1000000")
    make_turn(alice)
    assert counters(tokens)[1] == tokens_of("Hello?") + 800, "the site's load counts as ever"


def test_others_are_refused_all_the_same(alice: User, charlie: User, priced: None, settings: Settings) -> None:
    settings.OWN_KEYS_ALLOWED = True
    keep_key(charlie, "anthropic")
    make_budget("site", unit="money", limit="0.0001")
    write_lines([line(Payer(), (1_000, 0))])
    with pytest.raises(BudgetExceeded):
        make_turn(alice)


def test_auto_with_a_key_of_ones_own_holds_what_the_sites_models_would_cost(
    alice: User, priced: None, settings: Settings
) -> None:
    settings.OWN_KEYS_ALLOWED = True
    keep_key(alice, "openai")
    budget = make_budget("site", unit="money", limit="100")
    ask_auto(alice)
    names = [entry.model.full_id for entry in usable_models(alice.id) if entry.model.endpoint == "anthropic"]
    costs = [estimate_cost(input_tokens=2, max_output_tokens=None, full_id=name).nanousd for name in names]
    assert counters(budget)[1] == pytest.approx(max(cost for cost in costs if cost), rel=0.01)


def test_a_provider_that_is_off_here_costs_nothing_with_a_key_of_ones_own(
    alice: User, client_of: ClientOf, priced: None, settings: Settings
) -> None:
    settings.OWN_KEYS_ALLOWED = True
    assert estimate(client_of(alice), "x" * 99_999, "openai/gpt-4o") == "price unknown"
    keep_key(alice, "openai")
    assert estimate(client_of(alice), "x" * 99_999, "openai/gpt-4o") == ""


# What is held, and given back


def test_each_run_holds_what_it_is_expected_to_use_until_it_ends(alice: User, priced: None) -> None:
    budget = make_budget(limit="100000")
    question, answer = "Who was first?", "Nobody knows for certain. " * 20
    turn = make_turn(alice, question)
    assert counters(budget) == (0, tokens_of(question) + 800)
    finish(turn, text=answer, reason="length")
    assert counters(budget) == (0, 0)
    again = retry_message(message=turn.answer, by=alice)
    assert counters(budget) == (0, tokens_of(question) + 800)
    stop_run(run=Run.objects.get(message=again))
    assert counters(budget) == (0, 0)
    continued = continue_message(message=turn.answer, by=alice)
    assert counters(budget) == (0, tokens_of(question) + tokens_of(answer) + 800)
    claim = claim_run(Run.objects.unfinished().get(message=continued).id, owner=uuid4())
    assert claim is not None
    give_up_run(claim)
    assert counters(budget) == (0, 0)


@pytest.mark.parametrize(
    ("is_alone", "dearest"), [(True, "openai/gpt-6-luna"), (False, "gemini/gemini-3.5-flash-lite")]
)
def test_a_model_holds_what_the_dearest_that_may_stand_in_for_it_would_cost(
    alice: User, settings: Settings, is_alone: bool, dearest: str
) -> None:
    settings.PROVIDERS = {
        name: env.Provider(api_key="k", base_url="", model=model, timeout_s=30)
        for name, model in (("openai", "gpt-6-luna"), ("gemini", "gemini-3.5-flash-lite"))
    }
    budget = make_budget("site", unit="money", limit="100")
    conversation = Conversation.objects.create(
        owner=alice, active_at=timezone.now(), settings={"only_this_model": True} if is_alone else {}
    )
    make_turn(alice, conversation=conversation)
    cost = estimate_cost(input_tokens=tokens_of("Hello?"), max_output_tokens=None, full_id=dearest).nanousd
    assert counters(budget)[1] == pytest.approx(cost, rel=0.01)


def test_a_double_click_on_retry_holds_once(alice: User, priced: None) -> None:
    turn = make_turn(alice)
    finish(turn)
    make_budget(limit="100000")
    assert retry_message(message=turn.answer, by=alice) == retry_message(message=turn.answer, by=alice)
    assert Reservation.objects.count() == 1


def test_without_budgets_a_turn_asks_nothing_more(
    alice: User, priced: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_turn(alice)
    with django_assert_num_queries(0):
        reserve_run(Run(settings={}), owner_id=alice.id, leaf_id=uuid4(), text="Hello")
        assert budget_warnings(alice.id) == []


# What people are told


def test_a_budget_that_is_nearly_used_up_is_told_at_the_composer(
    alice: User, client_of: ClientOf, priced: None
) -> None:
    client = client_of(alice)
    assert "budget is" not in text_of(client.get("/"))
    make_budget(limit="10000")
    write_lines([line(Payer(alice.id), (7_800, 0))])
    assert "% used" not in text_of(client.get("/"))
    sent = client.post("/conversations/", {"text": "Hello", "turn_key": str(uuid4())}, headers=COMPOSER)
    told = "Your monthly budget of 10,000 tokens is 86 % used. It renews on 1 "
    assert told in text_of(sent)
    path = sent["HX-Push-Url"]
    assert told in text_of(client.get(path))
    more = client.post(f"{path}messages/", {"text": "More", "turn_key": str(uuid4())}, headers=COMPOSER)
    assert 'id="budget-line" class="budget-line" role="status" hx-swap-oob="true"' in more.text
    assert "is 94 % used" in text_of(more)


def test_without_budgets_no_line_is_pushed(alice: User, client_of: ClientOf) -> None:
    turn = make_turn(alice)
    path = f"/conversations/{turn.conversation.id}/messages/"
    more = client_of(alice).post(path, {"text": "More", "turn_key": str(uuid4())}, headers=COMPOSER)
    assert "budget-line" not in more.text


# Estimates


def estimate(client: Client, text: str, model: str = "", conversation_id: UUID | None = None) -> str:
    path = f"/conversations/{conversation_id}/estimate/" if conversation_id else "/conversations/estimate/"
    response = client.post(path, {"text": text, "model": model})
    assert response.status_code == 200
    return text_of(response).strip()


def test_an_estimate_for_auto_is_an_upper_bound(alice: User, client_of: ClientOf, priced: None) -> None:
    assert estimate(client_of(alice), words(15_000), "auto").startswith("up to about $")


def test_the_next_turn_is_estimated_from_the_threshold_on(alice: User, client_of: ClientOf, priced: None) -> None:
    client = client_of(alice)
    # 800 tokens of output cost 0.004 dollars, and a token of input one millionth.
    enough = next(count for count in range(6_000) if tokens_of(words(count)) >= 6_000)
    assert estimate(client, words(enough - 1)) == ""
    assert estimate(client, words(enough)) == "about $0.01"
    assert 25_000 <= tokens_of(words(15_000)) < 30_000
    assert estimate(client, words(15_000)).startswith("about $0.03")


@pytest.mark.parametrize(("threshold", "shown"), [("0", "about $0.004"), ("0.005", "")])
def test_the_threshold_is_a_setting(
    alice: User, client_of: ClientOf, priced: None, settings: Settings, threshold: str, shown: str
) -> None:
    settings.COST_ESTIMATE_MIN_USD = float(threshold)
    assert estimate(client_of(alice), "Hello") == shown


def test_files_that_wait_count(alice: User, charlie: User, client_of: ClientOf, priced: None) -> None:
    waiting = Attachment.objects.create(owner=alice, name="a.txt", kind="document", text_tokens=15_000)
    fields = {"text": "What is it?", "attachments": [str(waiting.id), "nonsense"]}
    hers, his = (client_of(one).post("/conversations/estimate/", fields) for one in (alice, charlie))
    assert (text_of(hers).strip()[:10], text_of(his).strip()) == ("about $0.0", "")


def test_what_was_said_before_counts(alice: User, client_of: ClientOf, priced: None) -> None:
    turn = make_turn(alice)
    finish(turn, tokens=500_000)
    client = client_of(alice)
    # The window is smaller than that: what doesn't fit is left out.
    assert estimate(client, "More", conversation_id=turn.conversation.id).startswith("about $0.20")
    Message.objects.filter(id=turn.answer.id).update(input_tokens=50_000)
    assert estimate(client, "More", conversation_id=turn.conversation.id).startswith("about $0.05")


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("offline", ""),
        ("ollama/llama", "price unknown"),
        ("no such model", "price unknown"),
        ("anthropic/brand-new", "price unknown"),
    ],
)
def test_what_costs_nothing_or_is_unknown_shows_no_amount(
    alice: User, client_of: ClientOf, priced: None, model: str, said: str
) -> None:
    assert estimate(client_of(alice), "x" * 99_999, model) == said


def test_a_conversations_settings_are_those_in_force(alice: User, client_of: ClientOf, priced: None) -> None:
    conversation = make_turn(alice).conversation
    # By itself more than a cent; an answer of the usual length comes to it.
    assert 11_000 <= tokens_of(words(7_000)) < 14_900
    conversation.settings = {"system_prompt": words(7_000), "max_output_tokens": 1}
    conversation.save(update_fields=["settings"])
    assert estimate(client_of(alice), "Hello", conversation_id=conversation.id).startswith("about $0.012")
    conversation.settings = {"system_prompt": words(7_000)}
    conversation.save(update_fields=["settings"])
    assert estimate(client_of(alice), "Hello", conversation_id=conversation.id).startswith("about $0.016")


def test_the_path_is_counted_by_the_provider_where_it_did(alice: User, priced: None) -> None:
    question, answer, prompt, more = "What is a quay?", "A place where ships are moored.", "Be brief.", "And a jetty?"
    first = make_turn(alice, question)
    finish(first, text=answer)
    settings = {"model": PRICED, "system_prompt": prompt, "max_output_tokens": 5}

    def tokens(leaf_id: UUID, text: str = "") -> int:
        return estimate_answer(owner_id=alice.id, settings=settings, leaf_id=leaf_id, text=text).tokens - 5

    assert tokens(first.answer.id) == tokens_of(prompt) + tokens_of(question) + tokens_of(answer)
    assert tokens(first.question.id) == tokens_of(prompt) + tokens_of(question)
    Message.objects.filter(id=first.answer.id).update(input_tokens=77)
    second = make_turn(alice, more, first.conversation)
    assert tokens(first.answer.id, "Why?") == 77 + tokens_of(answer) + tokens_of("Why?")
    assert tokens(second.question.id) == 77 + tokens_of(answer) + tokens_of(more)
    # Who asks back was given the last few messages alone.
    Message.objects.filter(id=first.answer.id).update(finish_reason=Message.ASKED_BACK)
    assert tokens(first.answer.id) == tokens_of(prompt) + tokens_of(question) + tokens_of(answer)


def test_offline_alone_asks_for_no_estimates(alice: User, client_of: ClientOf) -> None:
    assert "cost-estimate" not in client_of(alice).get("/").text


def test_charlie_and_visitors_learn_nothing(alice: User, charlie: User, client_of: ClientOf) -> None:
    path = f"/conversations/{make_turn(alice).conversation.id}/estimate/"
    assert client_of(charlie).post(path, {"text": "x"}).status_code == 404
    for address in (path, "/conversations/estimate/"):
        # An address that takes forms alone shows nothing after the sign-in.
        assert Client().post(address, {"text": "x"})["Location"] == "/accounts/login/?next=/"
        assert client_of(alice).get(address).status_code == 405
