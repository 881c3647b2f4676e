"""Inspect over HTTP: what it says of answers of every shape, and to whom."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from uuid import uuid4

import orjson
import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from chat.inspect import inspect_message
from chat.models import Message, Run
from tests.support.answers import (
    QUESTION,
    SYSTEM_PROMPT,
    TEXT,
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
    make_title_request,
)

ClientOf = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
KEY = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789"


@pytest.fixture
def admin(db: None) -> User:
    return User.objects.create_superuser(email="admin@example.org", password="a long enough password")


@pytest.fixture
def page_of(client_of: ClientOf) -> Callable[[User, Run], str]:
    """The words of the page that someone gets by a run's reference id, with white space joined."""

    def get(user: User, run: Run) -> str:
        response = client_of(user).get(f"/runs/{run.id}/inspect/")
        assert response.status_code == 200
        return words(response)

    return get


PageOf = Callable[[User, Run], str]


def words(response: HttpResponse) -> str:
    html = response.content.decode()
    html = html[html.index('<main id="main"') :] if "<main" in html else html
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


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
        "$2 in, $8 out, $0.5 cached per million",
    ):
        assert said in page
    conversation = client_of(alice).get(f"/conversations/{run.message.conversation_id}/").text
    assert "0.45 s to first · 65 tok/s · 812 tok" in conversation


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
    assert "Cost $0.0089 + unknown" in page


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
    assert "Still being written. This is what is known so far." in words(response)
    assert "data-open" in response.text
    assert "Reload" in response.text


def test_a_question_has_nothing(alice: User, client_of: ClientOf) -> None:
    run = make_plain(alice)
    response = client_of(alice).get(f"/messages/{run.message.parent_id}/inspect/")
    assert "Nothing was recorded of this message." in words(response)


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


# Who sees it


@pytest.mark.parametrize("make", [make_plain, make_switched, make_failed])
def test_an_administrator_sees_figures_and_errors_but_no_text(
    alice: User, admin: User, client_of: ClientOf, make: Callable[[User], Run]
) -> None:
    run = make(alice)
    client = client_of(admin)
    pages = [
        client.get(f"/runs/{run.id}/inspect/", headers=headers).text
        + client.get(f"/runs/{run.id}/inspect/{query}").text
        for headers, query in (({}, "?as=json"), (HTMX, ""))
    ]
    for page in pages:
        assert "gpt-4.1" in page
        for text in (QUESTION, TEXT, SYSTEM_PROMPT, "Why our p99 doubled", f"/runs/{run.id}/requests/", alice.email):
            assert text not in page
    assert "belongs to the person who asked" in pages[0]
    if make is make_failed:
        assert "401 authentication_error: invalid x-api-key" in pages[0]
    for path in (f"/runs/{run.id}/requests/1/", f"/messages/{run.message_id}/inspect/"):
        assert client.get(path).status_code == 404


def test_nothing_but_the_owners_part_holds_text(alice: User, admin: User) -> None:
    run = make_switched(alice)
    assert inspect_message(run.message, viewer=alice).owners is not None
    seen = inspect_message(run.message, viewer=admin)
    assert seen.owners is None
    for text in (QUESTION, TEXT, SYSTEM_PROMPT, "Why our p99 doubled"):
        assert text not in repr(seen)


def test_an_administrator_sees_all_of_their_own(admin: User, client_of: ClientOf) -> None:
    run = make_plain(admin)
    assert f"/runs/{run.id}/requests/1/" in client_of(admin).get(f"/runs/{run.id}/inspect/").text
    assert QUESTION in client_of(admin).get(f"/runs/{run.id}/requests/1/").text


@pytest.mark.parametrize("path", ["messages/{message}/inspect/", "runs/{run}/inspect/", "runs/{run}/requests/1/"])
def test_to_others_it_is_not_there(alice: User, charlie: User, client_of: ClientOf, path: str) -> None:
    run = make_plain(alice)
    address = "/" + path.format(message=run.message_id, run=run.id)
    assert client_of(alice).get(address).status_code == 200
    assert client_of(charlie).get(address).status_code == 404
    assert Client().get(address).status_code == 302
    assert client_of(alice).post(address).status_code == 405


@pytest.mark.parametrize("path", ["inspect/", f"inspect/{uuid4()}/"])
def test_the_operators_pages_are_not_there_for_others(alice: User, client_of: ClientOf, path: str) -> None:
    assert client_of(alice).get(f"/{path}").status_code == 404
    assert Client().get(f"/{path}").status_code == 302


@pytest.mark.parametrize("path", ["messages/{id}/inspect/", "runs/{id}/inspect/", "inspect/{id}/"])
def test_what_never_was_is_not_there(admin: User, client_of: ClientOf, path: str) -> None:
    assert client_of(admin).get("/" + path.format(id=uuid4())).status_code == 404


# The operator's way


def test_a_reference_leads_to_the_providers_own_error(alice: User, admin: User, client_of: ClientOf) -> None:
    run = make_failed(alice)
    client = client_of(admin)
    for pasted in (str(run.id), f"  ref {str(run.id).upper()}."):
        response = client.get("/inspect/", {"reference": pasted}, follow=True)
        assert response.redirect_chain == [(f"/runs/{run.id}/inspect/", 302)]
        assert "401 authentication_error: invalid x-api-key" in response.text


def test_a_request_without_a_run_is_looked_up_too(admin: User, client_of: ClientOf) -> None:
    request_id = make_title_request()
    response = client_of(admin).get("/inspect/", {"reference": str(request_id)}, follow=True)
    page = words(response)
    assert response.redirect_chain == [(f"/inspect/{request_id}/", 302)]
    assert "Title Failed" in page
    assert "no first token in 30 s" in page
    assert "Cost <$0.0001" in page


@pytest.mark.parametrize(
    ("pasted", "said"), [("nonsense", "That is no reference id."), (str(uuid4()), "Nothing is kept")]
)
def test_a_reference_that_leads_nowhere_says_so(admin: User, client_of: ClientOf, pasted: str, said: str) -> None:
    response = client_of(admin).get("/inspect/", {"reference": pasted})
    assert response.status_code == 422
    assert said in response.text
    assert f'value="{pasted}"' in response.text


def test_recent_failures_are_listed_and_filtered(alice: User, admin: User, client_of: ClientOf) -> None:
    failed, switched, title = make_failed(alice), make_switched(alice), make_title_request()
    early = make_answer(alice, status="failed", took_ms=20, run_fields={"error_code": "MODEL_NOT_FOUND"})
    client = client_of(admin)

    def listed(**chosen: str) -> set[str]:
        return set(re.findall(r'<a href="(/(?:runs|inspect)/[^"]+)"', client.get("/inspect/", chosen).text)) - {
            "/inspect/"
        }

    paths = {
        "failed": f"/runs/{failed.id}/inspect/",
        "switched": f"/runs/{switched.id}/inspect/",
        "early": f"/runs/{early.id}/inspect/",
        "title": f"/inspect/{title}/",
    }
    assert listed() == set(paths.values())
    assert listed(endpoint="anthropic") == {paths["failed"]}
    assert listed(code="LLM_TIMEOUT") == {paths["title"]}
    assert listed(code="MODEL_NOT_FOUND") == {paths["early"]}
    assert listed(endpoint="openai", code="LLM_PROVIDER_ERROR") == {paths["switched"]}
    assert listed(endpoint="nonsense") == set(paths.values())
    page = words(client.get("/inspect/"))
    assert "2 failed calls · answered in the end" in page
    assert "401 authentication_error: invalid x-api-key" in page
    for text in (QUESTION, TEXT, SYSTEM_PROMPT):
        assert text not in page


def test_a_list_without_failures(admin: User, client_of: ClientOf) -> None:
    assert "Nothing of this kind failed." in client_of(admin).get("/inspect/").text


# The ways in


def test_the_foot_of_an_answer_leads_here(alice: User, client_of: ClientOf) -> None:
    run = make_failed(alice)
    plain = make_plain(alice, conversation=run.message.conversation, parent=run.message)
    page = client_of(alice).get(f"/conversations/{run.message.conversation_id}/").text
    assert f'href="/runs/{run.id}/inspect/"' in page
    assert f'href="/messages/{plain.message_id}/inspect/"' in page
    assert 'aria-label="Inspect: 812 tokens in 12.6 s"' in page


def test_the_menu_leads_administrators_here(alice: User, admin: User, client_of: ClientOf) -> None:
    assert 'href="/inspect/"' in client_of(admin).get("/").text
    assert 'href="/inspect/"' not in client_of(alice).get("/").text


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
