"""Requests that can't be served: a page for a browser, a line in its place for HTMX."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import path
from pytest_django import Settings

from accounts.models import User
from convoscope import urls
from convoscope.middleware import ErrorMiddleware

HTMX = {"HX-Request": "true"}
ClientOf = Callable[[User], Client]


def failing(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("secret detail")


handler403, handler404, handler500 = urls.handler403, urls.handler404, urls.handler500
urlpatterns = [*urls.urlpatterns, path("failing/", failing)]


@pytest.fixture
def site(settings: Settings, client: Client, db: None) -> Client:
    settings.ROOT_URLCONF = __name__
    client.raise_request_exception = False
    return client


def test_a_fault_of_ours_is_a_page(site: Client) -> None:
    response = site.get("/failing/")
    assert response.status_code == 500
    assert "<!doctype html>" in response.text
    assert "secret detail" not in response.text


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "line"])
def test_a_fault_of_ours_is_found_in_the_log(
    site: Client, caplog: pytest.LogCaptureFixture, headers: dict[str, str]
) -> None:
    pages = [site.get("/failing/", headers=headers).text for _ in range(2)]
    first, second = (re.findall(r"reference (?:<code>)?([0-9a-f]{12})", page)[0] for page in pages)
    assert first != second
    assert f"reference {first}: RuntimeError" in caplog.messages


@pytest.mark.parametrize(
    ("sender", "target", "swap"), [("composer", "#composer-error", "innerHTML"), ("", "#toasts", "beforeend")]
)
def test_a_fault_of_ours_is_a_line_in_its_place(site: Client, sender: str, target: str, swap: str) -> None:
    response = site.get("/failing/", headers=HTMX | {"HX-Trigger": sender})
    assert (response.status_code, response["HX-Retarget"], response["HX-Reswap"]) == (500, target, swap)
    assert "<html" not in response.text
    assert "went wrong on our side" in response.text


def test_what_is_not_there_is_a_page_or_a_line(site: Client) -> None:
    assert "<!doctype html>" in site.get("/nothing/").text
    line = site.get("/nothing/", headers=HTMX)
    assert (line.status_code, line["HX-Retarget"]) == (404, "#toasts")
    assert "no longer here" in line.text


def test_an_old_token_is_said_and_nothing_done(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    response = client.post("/conversations/", {"text": "Hello"}, headers=HTMX | {"HX-Trigger": "composer"})
    assert (response.status_code, response["HX-Retarget"]) == (403, "#composer-error")
    assert "what you typed is kept" in response.text
    assert "<!doctype html>" in client.post("/conversations/", {"text": "Hello"}).text


@pytest.mark.parametrize("error", [OperationalError, DatabaseError])
def test_a_database_that_does_not_answer_is_said(
    error: type[Exception], caplog: pytest.LogCaptureFixture, rf: RequestFactory
) -> None:
    middleware = ErrorMiddleware(lambda request: HttpResponse())
    response = middleware.process_exception(rf.get("/", headers=HTMX), error("alice@example.org"))
    assert response is not None
    assert response.status_code == 503
    assert "alice@example.org" not in caplog.text + response.text


def test_a_database_that_refuses_is_a_fault_of_ours(rf: RequestFactory) -> None:
    assert ErrorMiddleware(lambda request: HttpResponse()).process_exception(rf.get("/"), IntegrityError("x")) is None
