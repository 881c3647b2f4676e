"""The page of rehearsals: what it takes, what it shows, and to whom."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from providers.models import Attempt, UsageRecord
from providers.rehearsal import views
from tests.support.server import words

ClientOf = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
PATH = "/providers/rehearsal/"


@pytest.fixture
def client(admin: User, client_of: ClientOf) -> Client:
    return client_of(admin)


def test_each_step_with_its_time_and_the_providers_own_words(client: Client) -> None:
    response = client.post(PATH, {"fault": "wrong-key", "stand_in": "on"})
    assert response.status_code == 200
    page = words(response.text)
    assert "A key that is refused" in page
    assert "Call 1: " in page
    assert "The failing provider refused this site's key; switched to The stand-in" in page
    assert "HTTP 401 invalid_api_key" in page
    assert "What people would have seen The whole answer Every failure of a provider is met" in page
    assert 'data-kind="waiting"' in response.text
    assert '<option value="wrong-key" selected>' in response.text
    assert not Attempt.objects.exists()
    assert not UsageRecord.objects.exists()


def test_alone_the_outcome_is_the_failure_as_people_read_it(client: Client) -> None:
    page = words(client.post(PATH, {"fault": "wrong-key"}, headers=HTMX).text)
    assert "No answer; the question is kept The failing provider refused the key of this site." in page
    assert "The stand-in" not in page


def test_what_was_shown_before_a_cut_is_shown(client: Client) -> None:
    page = words(client.post(PATH, {"fault": "cut"}, headers=HTMX).text)
    assert "The beginning of the answer, which is kept Every failure" in page


def test_the_page_waits_for_no_provider_that_asks_for_a_minute(client: Client, settings: Settings) -> None:
    settings.LLM_MAX_RETRIES = 3
    page = words(client.post(PATH, {"fault": "rate-limit-long"}, headers=HTMX).text)
    assert "No answer; the question is kept" in page
    assert "Call 2: " not in page


@pytest.mark.parametrize("fault", ["", "no-such", "cut\x00", "../../etc/passwd", "<script>", "x" * 10_000])
def test_what_cannot_be_rehearsed_is_refused_beside_its_field(client: Client, fault: str) -> None:
    response = client.post(PATH, {"fault": fault, "stand_in": "on"})
    assert response.status_code == 422
    error = response.text.partition('id="id_fault_error"')[2].partition("</p>")[0]
    assert "That can&#x27;t be rehearsed. Choose one of the list." in error
    assert "<script>" not in error
    assert 'class="timeline"' not in response.text


def test_a_second_one_meanwhile_is_told_to_wait(client: Client) -> None:
    with views._one_at_a_time:
        for headers in ({}, HTMX):
            response = client.post(PATH, {"fault": "empty"}, headers=headers)
            assert response.status_code == 409
            assert "One is running. Wait for its end, then start yours." in response.text
    assert client.post(PATH, {"fault": "empty"}).status_code == 200


def test_the_pages_of_the_providers_and_of_the_status_lead_here(
    client: Client, alice: User, client_of: ClientOf
) -> None:
    for path in ("/providers/", "/status/"):
        assert f'href="{PATH}"' in client.get(path).text
    assert f'href="{PATH}"' not in client_of(alice).get("/status/").text
    assert 'type="checkbox" name="stand_in" id="id_stand_in" checked' in client.get(PATH).text


def test_it_is_there_for_administrators_only(alice: User, charlie: User, client_of: ClientOf) -> None:
    for user in (alice, charlie):
        assert client_of(user).get(PATH).status_code == 404
        assert client_of(user).post(PATH, {"fault": "empty"}).status_code == 404
    assert Client().get(PATH).status_code == 302
    assert Client().post(PATH, {"fault": "empty"}).status_code == 302
