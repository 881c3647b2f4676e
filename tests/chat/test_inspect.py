"""Inspect over HTTP: what it says of answers of every shape, and to whom."""

from __future__ import annotations

import re
from collections.abc import Callable

import orjson
import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from chat.inspect import inspect_message
from chat.models import Message, Run
from tests.support.answers import (
    Call,
    Line,
    decide,
    kept,
    make_answer,
    make_conversation,
    make_failed,
    make_plain,
    make_run,
    make_switched,
)
from tests.support.server import words

ClientOf = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
KEY = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789"


@pytest.fixture
def page_of(client_of: ClientOf) -> Callable[[User, Run], str]:
    """The words of the page that someone gets by a run's reference id, with white space joined."""

    def get(user: User, run: Run) -> str:
        response = client_of(user).get(f"/runs/{run.id}/inspect/")
        assert response.status_code == 200
        return words(response.text)

    return get


PageOf = Callable[[User, Run], str]


# What is shown


def test_an_answer_of_one_call(alice: User, page_of: PageOf, client_of: ClientOf) -> None:
    run = make_plain(alice)
    page = page_of(alice, run)
    for said in (
        "First token 0.45 s",
        "Duration 13.00 s",
        "Pace 65 tok/s",
        "Tokens in, out 1,204 / 812",
        "Cost $0.0089",
        "Attempts 1",
        "OpenAI gpt-4.1 Complete First call",
        "waited 0 ms to first token 0.41 s took 12.90 s ended by itself",
        "openai/gpt-4.1 call 1 asked for",
        "gemini/gemini-3-pro not taken its breaker is open",
        "openrouter/openai/gpt-4.1 not needed the same model through OpenRouter",
        "Nothing stored answers this.",
        "Per million: $2.00 in, $8.00 out, $0.50 cached",
    ):
        assert said in page
    conversation = client_of(alice).get(f"/conversations/{run.message.conversation_id}/").text
    assert "gpt-4.1 · 812 tok · $0.0089 · 13.0 s · 0.45 s to first · 65 tok/s" in words(conversation)


def test_the_stages_add_up_to_the_duration(alice: User) -> None:
    run = make_plain(alice)
    stages = inspect_message(run.message, viewer=alice).requests[0].stages
    assert [(stage.name, stage.start_ms, stage.end_ms) for stage in stages] == [
        ("queue", 0, 8),
        ("guard", 8, 12),
        ("context", 12, 39),
        ("generate", 39, 12_948),
        ("attempt", 40, 12_940),
        ("save", 12_948, 13_000),
    ]


def test_a_retry_and_a_fallback_in_mid_stream(alice: User, page_of: PageOf) -> None:
    page = page_of(alice, make_switched(alice))
    for said in (
        "Attempts 3",
        "Asked again after a failure waited 2.01 s to first token 0.52 s took 3.65 s",
        "stream ended without [DONE]",
        "Another model took over after a failure",
        "pieces left out 1",
        "Retry: OpenAI is rate-limited, retrying in 2 s 0.37 s",
        "Switched: Switched to Anthropic: OpenAI broke off 6.05 s",
        "openai/gpt-4.1 call 1, 2",
        "counted by us",
        "Sum $0.0138",
    ):
        assert said in page


def test_the_calls_that_waited_and_streamed_are_drawn(alice: User, client_of: ClientOf) -> None:
    html = client_of(alice).get(f"/runs/{make_switched(alice).id}/inspect/").text
    drawn = html[html.index("<svg width") : html.index("legend")]
    assert re.findall(r'<rect class="(\w+)"', drawn) == [
        *["work"] * 4,
        *["first"],
        *["wait", "first", "work"],
        *["first", "work"],
        "work",
    ]
    assert 'class="line" d="M0 15L0 15' in drawn


def test_a_failed_answer_has_each_providers_own_words(alice: User, page_of: PageOf) -> None:
    page = page_of(alice, make_failed(alice))
    assert "No provider could answer." in page
    assert "429 rate_limit_exceeded: Rate limit reached for gpt-4.1" in page
    assert "401 authentication_error: invalid x-api-key" in page
    assert "Cost –" in page
    assert "Nothing was entered in the ledger." in page


@pytest.mark.parametrize(
    ("source", "reason", "said"),
    [("cache", "cache", "Replayed a stored answer"), ("shared", "shared", "Shared the call of an identical request")],
)
def test_an_answer_that_cost_nothing(alice: User, page_of: PageOf, source: str, reason: str, said: str) -> None:
    call = Call(10, fields={"reason": reason, "first_token_ms": 1, "duration_ms": 3, "finish_reason": "complete"})
    line = Line(1, 0, {"source": source, "saved_nanousd": 8_904_000})
    run = make_answer(alice, calls=[call], lines=[line])
    decide(run.id, cache="The same question was answered 4 minutes ago.")
    page = page_of(alice, run)
    assert said in page
    assert "saved $0.0089" in page
    assert "Cost $0.00" in page
    assert "The same question was answered 4 minutes ago." in page
    assert "no longer kept" not in page


def test_a_stopped_answer(alice: User, page_of: PageOf) -> None:
    call = Call(10, fields={"outcome": "stopped", "finish_reason": "stopped", "duration_ms": 900})
    timings = {"generate_ms": 900, "trace": [4] * 9, "marks": [{"at_ms": 890, "kind": "stop", "label": ""}]}
    page = page_of(alice, make_answer(alice, status="stopped", took_ms=910, calls=[call], timings=timings))
    assert "Answer Stopped" in page
    assert "ended stopped" in page


def test_an_answer_that_survived_a_crash(alice: User, page_of: PageOf, client_of: ClientOf) -> None:
    calls = [
        Call(10, fields={"outcome": "abandoned", "first_token_ms": 300}),
        Call(9_000, fields={"reason": "continue", "first_token_ms": 200, "duration_ms": 3_000}),
    ]
    run = make_answer(alice, calls=calls, run_fields={"recoveries": 1, "fence": 2})
    page = page_of(alice, run)
    assert "Went on after the server had stopped once." in page
    assert "Cut off: the server stopped" in page
    assert "1 · openai/gpt-4.1 10 ms not known" in page
    assert "data-open" in client_of(alice).get(f"/runs/{run.id}/inspect/").text


def test_a_run_that_never_asked_a_provider(alice: User, page_of: PageOf) -> None:
    run = make_answer(
        alice,
        status="failed",
        took_ms=20,
        run_fields={"error_code": "MODEL_NOT_FOUND", "error_message": "No such model."},
    )
    page = page_of(alice, run)
    assert "No provider was asked." in page
    assert "No such model MODEL_NOT_FOUND No such model." in page


def test_an_answer_from_before_anything_was_kept(alice: User, page_of: PageOf) -> None:
    run = make_answer(alice)
    Run.objects.update(started_at=None, finished_at=None, status="failed")
    page = page_of(alice, run)
    assert "No provider was asked." in page


def test_an_unknown_price_is_not_zero(alice: User, page_of: PageOf) -> None:
    page = page_of(alice, make_answer(alice, lines=[Line(1, None)]))
    assert "Cost unknown" in page
    assert "The price of this model isn't known." in page
    page = page_of(alice, make_answer(alice, lines=[Line(1, 8_904_000), Line(2, None)]))
    assert "Cost at least $0.0089" in page


def test_several_runs_newest_first_with_their_sum(alice: User, page_of: PageOf) -> None:
    first = make_plain(alice)
    second = make_run(first.message, kind="continue", calls=[Call(5)], lines=[Line(1, 1_000_000)], took_ms=2_000)
    page = page_of(alice, first)
    assert "All 2 runs Duration 15.00 s" in page
    assert "Cost $0.0099" in page
    assert page.index(str(second.id)) < page.index(str(first.id))
    assert page.index("Continued") < page.index("Answer Complete")


def test_an_answer_that_is_being_written_says_so(alice: User, client_of: ClientOf) -> None:
    run = make_answer(alice, took_ms=None, calls=[Call(10, fields={"outcome": "running"})])
    response = client_of(alice).get(f"/messages/{run.message_id}/inspect/", headers=HTMX)
    assert "Still being written. This is what is known so far." in words(response.text)
    assert "data-open" in response.text
    assert "Reload" in response.text


def test_a_question_has_nothing(alice: User, client_of: ClientOf) -> None:
    run = make_plain(alice)
    response = client_of(alice).get(f"/messages/{run.message.parent_id}/inspect/")
    assert "Nothing was recorded of this message." in words(response.text)


def test_the_panel_is_the_page_without_its_frame(alice: User, client_of: ClientOf) -> None:
    run = make_plain(alice)
    panel = client_of(alice).get(f"/messages/{run.message_id}/inspect/", headers=HTMX)
    assert "<html" not in panel.text
    assert 'id="inspect-title"' in panel.text
    page = client_of(alice).get(f"/messages/{run.message_id}/inspect/")
    assert "Why our p99 doubled" in page.text
    assert page.text.count("<h1") == 1


def test_what_providers_and_models_are_called_is_text(alice: User, page_of: PageOf, client_of: ClientOf) -> None:
    evil = '"><script>alert(1)</script>'
    fields = {"outcome": "failed", "error_code": evil[:40], "error_detail": evil, "reason": evil[:20], "duration_ms": 5}
    timings = {"generate_ms": 5, "trace": [1], "marks": [{"at_ms": 1, "kind": evil, "label": evil}]}
    run = make_answer(
        alice,
        status="failed",
        calls=[Call(1, evil, evil, fields)],
        timings=timings,
        lines=[Line(1, 1, {"model": evil})],
        run_fields={"error_code": evil[:40], "error_message": evil},
        conversation=make_conversation(alice, evil),
    )
    decide(run.id, cache=evil, considered=[{"full_id": evil, "why": evil, "excluded": evil}, "nonsense", {}])
    html = client_of(alice).get(f"/runs/{run.id}/inspect/").text
    assert "<script>alert" not in html
    assert html.count("&lt;script&gt;alert") > 8


# The request as it was sent


def test_the_request_comes_by_itself_with_keys_masked(alice: User, client_of: ClientOf) -> None:
    wire = {"model": "gpt-4.1", "messages": [{"role": "user", "content": f"<b>my key is {KEY}</b>"}]}
    run = make_answer(alice, calls=[Call(1, fields={"wire_request": kept(wire)})])
    client = client_of(alice)
    assert "<b>my key" not in client.get(f"/runs/{run.id}/inspect/").text
    fragment = client.get(f"/runs/{run.id}/requests/1/", headers=HTMX).text
    assert "&lt;b&gt;my key is [key]&lt;/b&gt;" in fragment
    assert KEY not in fragment
    assert "<html" in client.get(f"/runs/{run.id}/requests/1/").text


def test_a_request_of_a_megabyte(alice: User, client_of: ClientOf) -> None:
    wire = {"messages": [{"role": "user", "content": "số liệu " * 120_000 + "the end"}]}
    run = make_answer(alice, calls=[Call(1, fields={"wire_request": kept(wire)})])
    client = client_of(alice)
    assert len(client.get(f"/runs/{run.id}/inspect/").content) < 40_000
    assert "the end" in client.get(f"/runs/{run.id}/requests/1/", headers=HTMX).text


@pytest.mark.parametrize("body", [b"not zlib", b"x\x9c\x03\x00\x00\x00\x00\x01"])
def test_a_request_that_is_damaged_says_so(alice: User, client_of: ClientOf, body: bytes) -> None:
    run = make_answer(alice, calls=[Call(1, fields={"wire_request": body})])
    assert "This request can&#x27;t be read." in client_of(alice).get(f"/runs/{run.id}/requests/1/", headers=HTMX).text


def test_a_request_that_is_no_longer_kept(alice: User, client_of: ClientOf, page_of: PageOf) -> None:
    run = make_answer(alice, calls=[Call(1)])
    assert "Its request is no longer kept." in page_of(alice, run)
    for number in (1, 2, 0, 10**12):
        assert client_of(alice).get(f"/runs/{run.id}/requests/{number}/").status_code == 404


# As a document


def test_the_whole_as_json(alice: User, admin: User, client_of: ClientOf) -> None:
    run = make_switched(alice)
    response = client_of(alice).get(f"/messages/{run.message_id}/inspect/?as=json")
    assert response["Content-Type"] == "application/json"
    document = orjson.loads(response.content)
    assert document["totals"]["cost"] == {"nanousd": 13_828_345, "lines": 2, "unknown_lines": 0}
    (request,) = document["requests"]
    assert [attempt["reason"] for attempt in request["attempts"]] == ["first", "retry", "fallback"]
    assert request["routing"]["candidates"][2]["excluded"] == "its breaker is open"
    assert len(request["trace"]) == len(run.timings["trace"])
    assert client_of(admin).get(f"/runs/{run.id}/inspect/?as=json").content == response.content


# How much it takes


def test_the_number_of_queries_does_not_grow(alice: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    run = make_plain(alice)
    many = make_answer(
        alice, calls=[Call(n, fields={"duration_ms": 1}) for n in range(200)], lines=[Line(n, 5) for n in range(1, 201)]
    )
    make_run(many.message, kind="continue", calls=[Call(1)])
    for one in (run, many):
        message = Message.objects.select_related("conversation").get(id=one.message_id)
        with django_assert_num_queries(4):
            inspect_message(message, viewer=alice)


def test_of_two_hundred_calls_the_last_are_shown_and_all_on_demand(alice: User, client_of: ClientOf) -> None:
    calls = [Call(n * 10, fields={"duration_ms": 9, "outcome": "failed"}) for n in range(200)]
    run = make_answer(alice, calls=calls, lines=[Line(n, 5) for n in range(1, 201)], timings={"generate_ms": 2_000})
    client = client_of(alice)
    html = client.get(f"/runs/{run.id}/inspect/").text
    assert html.count('<li class="attempt"') == 20
    assert '<span class="number">181</span>' in html
    assert '<span class="number">200</span>' in html
    assert html.count('<g class="stage"') < 40
    assert "+180" in html
    assert f'href="/runs/{run.id}/inspect/?all"' in html
    assert client.get(f"/runs/{run.id}/inspect/?all").text.count('<li class="attempt"') == 200


def test_the_page_makes_few_queries(
    alice: User, client_of: ClientOf, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    run = make_switched(alice)
    client = client_of(alice)
    with django_assert_max_num_queries(8):
        client.get(f"/messages/{run.message_id}/inspect/", headers=HTMX)
