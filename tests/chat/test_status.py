"""The page of the status and the line above every page: what they say, to whom, and what administrators can decide."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from chat.health import endpoint_states, service_notice
from chat.runs.engine import Engine
from convoscope.settings import env
from providers.configured import endpoints_changed
from providers.models import Attempt, EndpointCheck, LevelPin
from providers.resilience.breaker import OPEN_S, OPENS_AFTER_FAILURES
from providers.resilience.levels import Pin
from tests.support.server import words

ClientOf = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
DECISION = {"level": "offline", "offline_text": "Back at noon.", "reason": "The account is used up."}


@pytest.fixture
def openai(settings: Settings) -> None:
    """On, by its key."""
    settings.PROVIDERS = {"openai": env.Provider(api_key="sk", base_url="", model="", timeout_s=30)}


def calls(*outcomes: str, minutes_ago: float = 1, detail: str = "", code: str = "LLM_PROVIDER_ERROR") -> None:
    for number, outcome in enumerate(outcomes):
        Attempt.objects.create(
            request_id=uuid4(),
            call_number=1,
            endpoint="openai",
            model="gpt-4.1",
            outcome=outcome,
            started_at=timezone.now() - timedelta(minutes=minutes_ago, seconds=number),
            first_token_ms=400 + number if outcome == "complete" else None,
            error_code=code if outcome == "failed" else "",
            error_detail=detail,
        )


def read(client: Client) -> str:
    return words(client.get("/status/").text)


# What it says


def test_without_a_provider_it_says_so(alice: User, client_of: ClientOf) -> None:
    page = read(client_of(alice))
    assert "Full: the models that people choose answer. This goes by how the providers do." in page
    assert "No provider is switched on." in page


@pytest.mark.usefixtures("openai")
def test_a_provider_is_told_by_the_calls_of_the_last_quarter_of_an_hour(alice: User, client_of: ClientOf) -> None:
    calls(*["complete"] * 19, "failed", "stopped")
    calls("failed", minutes_ago=16)
    page = read(client_of(alice))
    assert "OpenAI Well Calls in 15 min 21 Failed 4.8 % First token, half within 0.41 s 95 % within 0.42 s" in page
    assert "Last failed a minute ago" in page


@pytest.mark.usefixtures("openai")
def test_every_tenth_call_that_fails_is_unsteady_in_words_and_shape(alice: User, client_of: ClientOf) -> None:
    calls(*["complete"] * 9, "failed")
    html = client_of(alice).get("/status/").text
    assert 'data-state="unsteady">Unsteady: 1 of the last 10 calls failed<' in html


@pytest.mark.usefixtures("openai")
def test_where_every_call_fails_that_is_said(alice: User, client_of: ClientOf) -> None:
    calls(*["failed"] * 5)
    assert "Failing: all of the last 5 calls failed" in read(client_of(alice))


@pytest.mark.usefixtures("openai")
def test_what_is_not_its_fault_is_no_failure(alice: User, client_of: ClientOf) -> None:
    calls("failed", code="CONTENT_FILTERED")
    page = read(client_of(alice))
    assert "OpenAI Well" in page
    assert "Last failed not in 7 days" in page


@pytest.mark.usefixtures("openai")
def test_the_last_failure_is_known_for_a_week(alice: User, client_of: ClientOf) -> None:
    calls("failed", minutes_ago=3 * 24 * 60)
    page = read(client_of(alice))
    assert "Unknown: nobody asked it lately Calls in 15 min 0 Last failed 3 days ago" in page


CHECKS: dict[str, tuple[dict[str, Any], str, str]] = {
    "passed": ({"latency_ms": 210}, "Well, by its last check: nobody asked it lately", "well"),
    "failed": ({"failure": "HTTP 401"}, "Unsteady: the last check failed", "unsteady"),
    "no list": ({}, "Unknown: nobody asked it lately", "unknown"),
}


@pytest.mark.usefixtures("openai")
@pytest.mark.parametrize("name", CHECKS)
def test_where_nobody_calls_the_last_check_tells(alice: User, client_of: ClientOf, name: str) -> None:
    fields, said, state = CHECKS[name]
    EndpointCheck.objects.create(name="openai", checked_at=timezone.now(), **fields)
    html = client_of(alice).get("/status/").text
    assert f'data-state="{state}">{said}<' in html


@pytest.mark.usefixtures("openai")
def test_a_check_of_long_ago_tells_nothing(alice: User, client_of: ClientOf) -> None:
    EndpointCheck.objects.create(name="openai", checked_at=timezone.now() - timedelta(minutes=16), latency_ms=5)
    assert "Unknown: nobody asked it lately" in read(client_of(alice))


@pytest.mark.usefixtures("openai")
def test_calls_tell_more_than_a_check_that_passed_and_less_than_a_later_one_that_failed(
    alice: User, client_of: ClientOf
) -> None:
    calls("failed", minutes_ago=6)
    check = EndpointCheck.objects.create(name="openai", checked_at=timezone.now(), latency_ms=5)
    assert "Failing: the last call failed" in read(client_of(alice))
    Attempt.objects.update(outcome="complete")
    check.failure = "HTTP 503"
    check.save()
    assert "Unsteady: the last check failed" in read(client_of(alice))
    calls("complete", minutes_ago=-1)
    assert "OpenAI Well" in read(client_of(alice))


@pytest.mark.usefixtures("openai")
def test_only_administrators_read_the_providers_own_words(alice: User, admin: User, client_of: ClientOf) -> None:
    calls("failed", detail="HTTP 401 invalid_api_key: sk-abcdefghijklmnopqrstuvwxyz is wrong")
    EndpointCheck.objects.create(name="openai", checked_at=timezone.now(), failure="HTTP 503 from the list")
    html = client_of(admin).get("/status/").text
    assert "HTTP 401 invalid_api_key: [key] is wrong" in html
    assert "HTTP 503 from the list" in html
    assert 'href="/inspect/?endpoint=openai"' in html
    assert client_of(admin).get("/inspect/?endpoint=openai").status_code == 200
    html = client_of(alice).get("/status/").text
    for secret in ("HTTP 401", "HTTP 503", "/inspect/", "Decisions", "<form class"):
        assert secret not in html


# With an engine


async def test_what_the_breaker_says_goes_first(engine: Engine, alice: User, client_of: ClientOf) -> None:
    client = await sync_to_async(client_of)(alice)
    await sync_to_async(calls)("complete")
    now_s = [1000.0]
    engine.gateway.breakers._clock = lambda: now_s[0]
    for _ in range(OPENS_AFTER_FAILURES):
        await engine.gateway.breakers.failed("openai")
    page = await sync_to_async(read)(client)
    assert "OpenAI Not asked for 60 s more: it failed repeatedly" in page
    assert "Offline: nothing is answered. This goes by how the providers do." in page
    assert "No provider answers at the moment." in service_notice()
    now_s[0] += OPEN_S
    assert "Being tried: the next question tells whether it is well again" in await sync_to_async(read)(client)
    await engine.gateway.breakers.succeeded("openai")
    assert "OpenAI Well" in await sync_to_async(read)(client)


async def test_the_states_for_others_cost_no_query(engine: Engine) -> None:
    # On the loop a query would raise.
    states = endpoint_states()
    assert {name: (one.state, one.words) for name, one in states.items()} == {
        "openai": ("unknown", "Unknown: nobody asked it lately")
    }


def test_without_an_engine_there_are_no_states_and_no_line() -> None:
    assert endpoint_states() == {}
    assert service_notice() == ""


# The level


async def test_a_pinned_level_is_above_every_page_and_in_the_record(
    engine: Engine, alice: User, admin: User, client_of: ClientOf
) -> None:
    administrator = await sync_to_async(client_of)(admin)
    person = await sync_to_async(client_of)(alice)
    saved = await sync_to_async(administrator.post)("/status/level/", DECISION, follow=True)
    assert saved.redirect_chain == [("/status/", 302)]
    page = words(saved.text)
    assert "Offline: nothing is answered. Back at noon. An administrator decided so." in page
    assert "Offline admin@example.org, " in page
    assert "The account is used up. Told people: Back at noon." in page
    for path in ("/", "/status/", "/preferences/", "/conversations/list/"):
        html = (await sync_to_async(person.get)(path)).text
        assert '<p class="service" role="status"><span dir="auto">Back at noon.</span> <a href="/status/">' in html, (
            path
        )
    assert "The account is used up." not in (await sync_to_async(person.get)("/status/")).text
    await sync_to_async(administrator.post)("/status/level/", {"level": ""})
    assert 'class="service"' in (await sync_to_async(person.get)("/")).text, "nothing told this gateway yet"
    await sync_to_async(person.get)("/status/")
    assert 'class="service"' not in (await sync_to_async(person.get)("/")).text


LEVELS = {
    "full": "An administrator keeps the service at its full level.",
    "degraded": "Stand-in models answer at the moment.",
    "minimal": "Only stored answers at the moment.",
    "offline": "Answers are switched off at the moment. What you write is kept; try later.",
}


@pytest.mark.parametrize("level", LEVELS)
async def test_each_level_is_said_in_words(level: str, engine: Engine, alice: User, client_of: ClientOf) -> None:
    engine.gateway.pin = Pin(level)  # type: ignore[arg-type]  # a name of LEVELS
    client = await sync_to_async(client_of)(alice)
    response = await sync_to_async(client.get)("/")
    assert LEVELS[level] in response.text


async def test_the_line_costs_no_query(engine: Engine) -> None:
    engine.gateway.pin = Pin("degraded")
    assert service_notice(), "on the loop a query would raise"


async def test_what_the_words_hold_is_no_markup(engine: Engine, alice: User, client_of: ClientOf) -> None:
    engine.gateway.pin = Pin("offline", "<b>Back</b> & <script>")
    client = await sync_to_async(client_of)(alice)
    assert "&lt;b&gt;Back&lt;/b&gt; &amp; &lt;script&gt;" in (await sync_to_async(client.get)("/")).text


@pytest.mark.django_db(transaction=True)
def test_a_decision_tells_the_gateways_of_this_process(admin: User, client_of: ClientOf) -> None:
    told = []

    def listen(sender: object, **_: object) -> None:
        told.append((sender, LevelPin.objects.count()))

    endpoints_changed.connect(listen)
    client_of(admin).post("/status/level/", DECISION)
    endpoints_changed.disconnect(listen)
    assert told == [(LevelPin, 1)]
    row = LevelPin.objects.get()
    assert (row.level, row.offline_text, row.reason, row.by) == (*DECISION.values(), admin)


REFUSED = {
    "no such level": ({"level": "half"}, "id_level_error", "There is no such level."),
    "no reason": ({"level": "minimal", "reason": " "}, "id_reason_error", "Please say why"),
    "long reason": ({"reason": "x" * 501}, "id_reason_error", "at most 500 characters"),
    "long text": ({"offline_text": "x" * 501}, "id_offline_text_error", "at most 500 characters"),
    "NUL": ({"offline_text": "a\x00b"}, "id_offline_text_error", "Null characters are not allowed"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_right_is_refused_beside_its_field(admin: User, client_of: ClientOf, name: str) -> None:
    fields, error_id, said = REFUSED[name]
    response = client_of(admin).post("/status/level/", DECISION | fields)
    assert response.status_code == 422
    assert said in response.text.partition(f'id="{error_id}"')[2].partition("</p>")[0]
    assert "Please say why" not in response.text or name == "no reason"
    assert not LevelPin.objects.exists()
    if name != "long text" and name != "NUL":
        assert "Back at noon." in response.text, "what was typed is still there"


def test_to_be_automatic_needs_no_reason_and_keeps_the_words(admin: User, client_of: ClientOf) -> None:
    page = client_of(admin).post("/status/level/", {"offline_text": " Back \n at noon. "}, follow=True).text
    assert LevelPin.objects.get().offline_text == "Back at noon."
    assert "Back at noon.</textarea>" in page
    assert "The level goes by how the providers do." in page


def test_the_record_shows_the_last_twenty_and_outlives_who_made_them(admin: User, client_of: ClientOf) -> None:
    other = User.objects.create_superuser(email="other@example.org", password="a long enough password")
    client = client_of(other)
    for number in range(22):
        client.post("/status/level/", {"level": "degraded", "reason": f"Reason no. {number}."})
    client_of(admin).post("/status/level/", {"level": ""})
    other.delete()
    page = read(client_of(admin))
    assert "Reason no. 21." in page
    assert "Reason no. 3." in page
    assert "Reason no. 2." not in page
    assert "somebody whose account is gone" in page
    assert page.index("Automatic admin@example.org") < page.index("Reason no. 21.")


# Who sees it


def test_the_readings_alone_for_a_page_that_is_open(alice: User, client_of: ClientOf) -> None:
    html = client_of(alice).get("/status/", headers=HTMX).text
    assert html.strip().startswith('<div class="level" data-level="full">')
    assert "<html" not in html


def test_everybody_signed_in_finds_the_page_in_the_menu(alice: User, client_of: ClientOf) -> None:
    assert '<a href="/status/">' in client_of(alice).get("/").text


def test_who_may(alice: User, charlie: User, admin: User, client_of: ClientOf) -> None:
    for user in (alice, charlie, admin):
        assert client_of(user).get("/status/").status_code == 200
        assert client_of(user).post("/status/").status_code == 405
    assert Client().get("/status/").status_code == 302
    assert Client().post("/status/level/", DECISION).status_code == 302
    assert client_of(charlie).post("/status/level/", DECISION).status_code == 404
    assert client_of(admin).get("/status/level/").status_code == 405
    assert not LevelPin.objects.exists()
    assert Client(enforce_csrf_checks=True).post("/status/level/", DECISION).status_code == 403


def test_a_part_of_a_page_is_never_stored_as_the_page_at_its_address(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    page, part = client.get("/status/"), client.get("/status/", headers=HTMX)
    assert "<html" in page.text
    assert "<html" not in part.text
    assert "HX-Request" in page["Vary"]
    assert "HX-Request" in part["Vary"]
    assert "no-store" in part["Cache-Control"]
    assert "no-store" not in page.get("Cache-Control", "")
