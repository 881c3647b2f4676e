"""Who sees what of Inspect, and the operator's way from a reference to the provider's own error."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from chat.inspect import inspect_message
from chat.models import Run
from tests.support.answers import (
    QUESTION,
    SYSTEM_PROMPT,
    TEXT,
    make_answer,
    make_failed,
    make_plain,
    make_switched,
    make_title_request,
)
from tests.support.server import words

ClientOf = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
# An id that nothing has. Fixed, since it names tests.
NEVER = "0192d3b0-7c1e-7a54-9f0e-5d1c6f2b8a90"


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


@pytest.mark.parametrize("path", ["inspect/", f"inspect/{NEVER}/"])
def test_the_operators_pages_are_not_there_for_others(alice: User, client_of: ClientOf, path: str) -> None:
    assert client_of(alice).get(f"/{path}").status_code == 404
    assert Client().get(f"/{path}").status_code == 302


@pytest.mark.parametrize("path", ["messages/{id}/inspect/", "runs/{id}/inspect/", "inspect/{id}/"])
def test_what_never_was_is_not_there(admin: User, client_of: ClientOf, path: str) -> None:
    assert client_of(admin).get("/" + path.format(id=NEVER)).status_code == 404


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
    page = words(response.text)
    assert response.redirect_chain == [(f"/inspect/{request_id}/", 302)]
    assert "Title Failed" in page
    assert "no first token in 30 s" in page
    assert "Cost <$0.0001" in page


@pytest.mark.parametrize(("pasted", "said"), [("nonsense", "That is no reference id."), (NEVER, "Nothing is kept")])
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
    page = words(client.get("/inspect/").text)
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
