"""Experiments from the start over the answers to the results, and for whoever may not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.actions.people import give_role
from accounts.models import Preferences, Role, User
from chat.effective import effective_settings
from chat.experiments.assignment import forget_running, variant_of
from chat.experiments.results import results_of
from chat.models import Conversation, Experiment, Message, Run
from convoscope.settings import env
from providers.configured import forget_rows
from tests.support.ledger import line, write
from tests.support.turns import make_turn

ClientOf = Callable[[User], Client]
MODELS = {"variant_a": "openai/gpt-5.6", "variant_b": "openai/gpt-5.4"}
START = {"name": "Which model", "setting": "model", "share_percent": "50", **MODELS}


@pytest.fixture(autouse=True)
def _experiments_of_this_test_only(settings: Settings) -> Iterator[None]:
    settings.PROVIDERS = {"openai": env.Provider(api_key="k", base_url="", model="", timeout_s=30)}
    forget_rows()
    forget_running()
    yield
    forget_rows()
    forget_running()


@pytest.fixture
def client(admin: User, client_of: ClientOf) -> Client:
    return client_of(admin)


@pytest.fixture
def experiment(admin: User) -> Experiment:
    """Runs, between two models."""
    return Experiment.objects.create(name="Which model", setting="model", share_percent=50, started_by=admin, **MODELS)


def conversation_with(experiment: Experiment, variant: str, owner: User) -> Conversation:
    """An unsaved one that gets this variant."""
    while True:
        conversation = Conversation(id=uuid4(), owner=owner, active_at=datetime.now(UTC))
        if variant_of(experiment, conversation.id) == variant:
            return conversation


# Starting and stopping


@pytest.mark.django_db(transaction=True)
def test_an_experiment_is_started_seen_and_stopped(client: Client, alice: User) -> None:
    assert client.post("/reports/experiments/start/", START).headers["Location"] == "/reports/experiments/"
    assert "Running since" in client.get("/reports/experiments/").text
    experiment = Experiment.objects.get()
    assert "openai/gpt-5.4" in client.get(f"/reports/experiments/{experiment.id}/").text
    conversation = conversation_with(experiment, "b", alice)
    assert effective_settings(conversation)["model"] == "openai/gpt-5.4"
    client.post(f"/reports/experiments/{experiment.id}/stop/")
    assert "Running since" not in client.get("/reports/experiments/").text
    assert effective_settings(conversation)["model"] not in MODELS.values()
    assert client.post("/reports/experiments/start/", START).status_code == 302


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": " "}, "Enter a name"),
        ({"setting": "temperature"}, "Select a valid choice"),
        ({"variant_a": ""}, "Enter what is tried."),
        ({"variant_b": "openai/gpt-5.6"}, "Both variants are the same."),
        ({"variant_b": "anthropic/claude-opus-5-5"}, "No provider that is on has this model."),
        ({"variant_b": "no-such-model"}, "No provider that is on has this model."),
        ({"share_percent": "0"}, "Enter a whole number from 1 to 99."),
        ({"share_percent": "half"}, "Enter a whole number from 1 to 99."),
        ({"setting": "system_prompt", "variant_a": "x" * 20_001}, "That is longer than 20,000 characters."),
    ],
)
def test_what_cannot_be_tried_is_refused_beside_its_field(client: Client, changed: dict[str, str], said: str) -> None:
    refused = client.post("/reports/experiments/start/", START | changed)
    assert refused.status_code == 422
    assert said in refused.text
    assert not Experiment.objects.exists()


def test_two_of_the_same_setting_are_not_tried_at_once(client: Client, experiment: Experiment) -> None:
    refused = client.post("/reports/experiments/start/", START)
    assert refused.status_code == 422
    assert "is running already" in refused.text
    prompts = {"setting": "system_prompt", "variant_a": "Be brief.", "variant_b": "Be thorough."}
    assert client.post("/reports/experiments/start/", START | prompts).status_code == 302


# Who gets what


def test_a_conversation_keeps_its_variant_and_its_run_says_which(alice: User, experiment: Experiment) -> None:
    turn = make_turn(alice)
    variant = variant_of(experiment, turn.conversation.id)
    run = Run.objects.get(message=turn.answer)
    assert run.settings["experiments"] == {str(experiment.id): variant}
    assert run.settings["model"] == MODELS[f"variant_{variant}"]
    again = make_turn(alice, "And?", turn.conversation)
    assert again.run.settings["experiments"] == {str(experiment.id): variant}


@pytest.mark.parametrize("share", [1, 20, 50, 99])
def test_as_many_get_b_as_should(experiment: Experiment, share: int) -> None:
    experiment.share_percent = share
    got_b = sum(variant_of(experiment, uuid4()) == "b" for _ in range(4000))
    # Five standard deviations.
    assert abs(got_b - 40 * share) < 5 * (4000 * share / 100 * (1 - share / 100)) ** 0.5 + 1


def test_another_experiment_splits_anew(experiment: Experiment) -> None:
    other = Experiment(share_percent=50)
    ids = [uuid4() for _ in range(2000)]
    same = sum(variant_of(experiment, one) == variant_of(other, one) for one in ids)
    assert 800 < same < 1200


def test_who_chose_a_model_keeps_it(alice: User, charlie: User, experiment: Experiment) -> None:
    Preferences.objects.create(user=alice, default_model="offline/convoscope-offline")
    by_preference = make_turn(alice).conversation
    by_conversation = make_turn(charlie).conversation
    by_conversation.settings = {"model": "offline/convoscope-offline"}
    for conversation in (by_preference, by_conversation):
        assert effective_settings(conversation)["model"] == "offline/convoscope-offline"
        assert "experiments" not in effective_settings(conversation)


def test_a_system_prompt_is_tried_where_there_is_none(admin: User, alice: User) -> None:
    experiment = Experiment.objects.create(
        name="Tone", setting="system_prompt", variant_a="Be brief.", variant_b="Be thorough.", started_by=admin
    )
    conversation = conversation_with(experiment, "a", alice)
    assert effective_settings(conversation)["system_prompt"] == "Be brief."
    conversation.settings = {"system_prompt": "Answer in verse."}
    assert effective_settings(conversation)["system_prompt"] == "Answer in verse."


def test_it_rests_while_one_of_its_models_is_off(alice: User, experiment: Experiment, settings: Settings) -> None:
    settings.PROVIDERS = {}
    assert "experiments" not in effective_settings(make_turn(alice).conversation)


def test_running_experiments_cost_no_query_a_turn(
    alice: User, experiment: Experiment, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    conversation = make_turn(alice).conversation
    effective_settings(conversation)
    with django_assert_num_queries(0):
        effective_settings(conversation)


# Results


def answer(
    owner: User, experiment: Experiment, variant: str, *, cost: int | None, first_ms: int, feedback: str
) -> None:
    conversation = conversation_with(experiment, variant, owner)
    conversation.save(force_insert=True)
    turn = make_turn(owner, "Hello?", conversation)
    Message.objects.filter(id=turn.answer.id).update(feedback=feedback, status=Message.Status.COMPLETE)
    Run.objects.filter(id=turn.run.id).update(
        timings={"first_token_ms": first_ms}, finished_at=datetime.now(UTC), status=Run.Status.COMPLETE
    )
    write(line(datetime.now(UTC).date(), request_id=turn.run.id, cost_nanousd=cost))


def test_results_are_those_of_the_runs_that_took_part(alice: User, experiment: Experiment) -> None:
    for number in range(6):
        answer(alice, experiment, "a", cost=1000 + number, first_ms=500 + number, feedback="good" if number else "bad")
        answer(alice, experiment, "b", cost=3000 + number, first_ms=500 + number, feedback="")
    answer(alice, experiment, "b", cost=None, first_ms=503, feedback="bad")
    make_turn(alice, "Still being answered")
    results = results_of(experiment)
    assert (results.a.answers, results.a.conversations, results.b.answers) == (6, 6, 7)
    assert (results.cost.a.value, results.cost.b.value, results.cost.b.count) == (1002.5, 3002.5, 6)
    assert results.cost.difference.value == 2000
    assert results.cost.is_apart
    assert not results.first_token.is_apart
    assert (results.good.a.value, results.good.a.count) == (5 / 6, 6)
    assert (results.good.b.value, results.good.b.count) == (0, 1)


def test_an_answer_that_was_continued_cost_all_of_its_runs(alice: User, experiment: Experiment) -> None:
    for _ in range(2):
        answer(alice, experiment, "a", cost=10_000_000, first_ms=500, feedback="")
        first = Run.objects.latest("id")
        further = Run.objects.create(
            message=first.message,
            kind=Run.Kind.CONTINUE,
            settings=first.settings,
            status=Run.Status.COMPLETE,
            timings={"first_token_ms": 9_000},
            finished_at=datetime.now(UTC),
        )
        write(line(datetime.now(UTC).date(), request_id=further.id, cost_nanousd=2_000_000))
    results = results_of(experiment)
    assert (results.a.answers, results.cost.a.value, results.cost.a.count) == (2, 12_000_000, 2)
    assert (results.first_token.a.value, results.first_token.a.count) == (500, 2)
    write(line(datetime.now(UTC).date(), request_id=further.id, call_number=2, cost_nanousd=None))
    assert results_of(experiment).cost.a.count == 1


def test_results_are_read_in_one_query_and_the_list_reads_none(
    client: Client, alice: User, experiment: Experiment, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for variant in "aabb":
        answer(alice, experiment, variant, cost=1000, first_ms=500, feedback="")
    with django_assert_num_queries(1):
        results_of(experiment)
    html = client.get("/reports/experiments/").text
    assert f'href="/reports/experiments/{experiment.id}/"' in html
    assert "95 % intervals" not in html


def test_results_stay_once_it_is_stopped(alice: User, experiment: Experiment) -> None:
    answer(alice, experiment, "a", cost=1000, first_ms=500, feedback="good")
    experiment.ended_at = datetime.now(UTC)
    experiment.save()
    assert results_of(experiment).a.answers == 1


def test_the_page_shows_figures_with_their_intervals(client: Client, alice: User, experiment: Experiment) -> None:
    for number in range(5):
        answer(alice, experiment, "a", cost=10**7 + number, first_ms=400, feedback="good")
        answer(alice, experiment, "b", cost=3 * 10**7 + number, first_ms=900 + number, feedback="bad")
    html = client.get(f"/reports/experiments/{experiment.id}/").text
    assert "$0.01" in html
    assert "0.40 s" in html
    assert "100%" in html
    assert html.count("<td>They differ</td>") == 3


def test_an_experiment_without_answers_says_so(client: Client, experiment: Experiment) -> None:
    assert client.get(f"/reports/experiments/{experiment.id}/").text.count("Too few answers yet") == 3


# Who


def test_analysts_see_them_and_change_nothing(charlie: User, client_of: ClientOf, experiment: Experiment) -> None:
    give_role(user=charlie, role=Role.ANALYST)
    client = client_of(charlie)
    html = client.get("/reports/experiments/").text
    assert "Which model" in html
    assert "<form class" not in html
    assert client.get(f"/reports/experiments/{experiment.id}/").status_code == 200
    assert client.post("/reports/experiments/start/", START).status_code == 404
    assert client.post(f"/reports/experiments/{experiment.id}/stop/").status_code == 404
    experiment.refresh_from_db()
    assert experiment.ended_at is None


def test_there_is_nothing_here_for_others(charlie: User, client_of: ClientOf, experiment: Experiment) -> None:
    visitor = Client()
    for client, expected in ((client_of(charlie), 404), (visitor, 302)):
        assert client.get("/reports/experiments/").status_code == expected
        assert client.get(f"/reports/experiments/{experiment.id}/").status_code == expected
        assert client.post("/reports/experiments/start/", START).status_code == expected
        assert client.post(f"/reports/experiments/{experiment.id}/stop/").status_code == expected
    assert visitor.get("/reports/experiments/").headers["Location"].startswith("/accounts/login/")
    assert Experiment.objects.filter(ended_at=None).count() == 1


def test_one_that_does_not_exist_is_not_there(client: Client) -> None:
    assert client.post(f"/reports/experiments/{uuid4()}/stop/").status_code == 404
    assert client.get(f"/reports/experiments/{uuid4()}/").status_code == 404
