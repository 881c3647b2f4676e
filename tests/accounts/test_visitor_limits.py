"""What visitors may send from one network: refused on the page it came from, with what was typed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from django.core.cache import cache
from django.core.checks import run_checks
from django.db import OperationalError, ProgrammingError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings

from accounts.middleware import VisitorLimitMiddleware
from accounts.models import User
from accounts.networks import network_of, plain_address
from tests.support.entrance import link_in_mail, sign_in, sign_up, text_of
from tests.support.server import Server

pytestmark = pytest.mark.security

ClientOf = Callable[[User], Client]
SECRET = "a long enough password"
LIMIT = 3


# Each network's minute begins at a second of its own; this is one of that of 127.0.0.1.
MINUTE_BEGINS = 1_000_000_053


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch, settings: Settings, alice: User) -> SimpleNamespace:
    """The time that visitors' minutes go by, which stands still."""
    settings.RATE_LIMIT_IP_REQUESTS = LIMIT
    clock = SimpleNamespace(now=MINUTE_BEGINS)
    monkeypatch.setattr("django_ratelimit.core.time", SimpleNamespace(time=lambda: clock.now))
    return clock


def post(
    path: str,
    fields: dict[str, str] | None = None,
    *,
    address: str = "127.0.0.1",
    headers: dict[str, str] | None = None,
) -> Any:
    return Client(REMOTE_ADDR=address, raise_request_exception=False).post(path, fields or {}, headers=headers)


def use_up(**options: Any) -> None:
    for _ in range(LIMIT):
        assert post("/nothing/", **options).status_code == 404


def test_each_answer_says_what_is_left() -> None:
    answers = [sign_in("alice@example.org", "wrong") for _ in range(LIMIT)]
    assert [answer["X-RateLimit-Remaining"] for answer in answers] == ["2", "1", "0"]
    assert {answer["X-RateLimit-Limit"] for answer in answers} == {"3"}
    assert not any("Retry-After" in answer for answer in answers)


def test_signing_in_is_refused_on_its_page_with_the_address_and_without_the_password() -> None:
    use_up()
    client = Client()
    response = sign_in("alice@example.org", SECRET, client=client, next="/preferences/")
    page = response.content.decode()
    assert response.status_code == 429
    assert "Too many tries came from your network, so nothing was done. Try again in 60 seconds." in text_of(response)
    assert 'value="alice@example.org"' in page
    assert 'name="next" value="/preferences/"' in page
    assert SECRET not in page
    assert response["Retry-After"] == "60"
    assert response["X-RateLimit-Remaining"] == "0"
    assert client.get("/").status_code == 302, "nobody was signed in"


def test_the_next_minute_lets_the_same_through(clock: SimpleNamespace) -> None:
    use_up()
    clock.now += 59
    refused = sign_in("alice@example.org", SECRET)
    assert (refused.status_code, refused["Retry-After"]) == (429, "1")
    clock.now += 1
    assert sign_in("alice@example.org", SECRET)["Location"] == "/"


def test_signing_up_is_refused_on_its_page() -> None:
    use_up()
    response = sign_up("new@example.org", SECRET)
    assert response.status_code == 429
    assert 'value="new@example.org"' in response.content.decode()
    assert SECRET not in response.content.decode()
    assert not User.objects.filter(email="new@example.org").exists()


@pytest.mark.usefixtures("mail")
def test_asking_for_a_new_password_is_refused_on_its_page(mailoutbox: list[object]) -> None:
    use_up()
    response = post("/accounts/password/reset/", {"email": "alice@example.org"})
    assert response.status_code == 429
    assert 'value="alice@example.org"' in response.content.decode()
    assert mailoutbox == []


@pytest.mark.usefixtures("mail")
def test_choosing_a_new_password_is_refused_and_shows_none(alice: User) -> None:
    client = Client()
    client.post("/accounts/password/reset/", {"email": alice.email})
    path = client.get(link_in_mail())["Location"]
    use_up_rest()
    response = client.post(path, {"password1": "another good sentence", "password2": "another good sentence"})
    assert response.status_code == 429
    assert "Choose a new password" in text_of(response)
    assert "another good sentence" not in response.content.decode()
    alice.refresh_from_db()
    assert alice.check_password(SECRET)


def use_up_rest() -> None:
    while post("/nothing/").status_code == 404:
        pass


@pytest.mark.parametrize(
    "path", ["/nothing/", "/conversations/", "/admin/login/", "/accounts/confirm-email/made-up/", "/accounts/logout/"]
)
def test_what_is_no_form_of_the_entrance_is_refused_with_a_page(path: str) -> None:
    use_up()
    response = post(path, {"username": "alice@example.org", "password": SECRET})
    assert (response.status_code, response["Retry-After"]) == (429, "60")
    assert "Too many tries" in text_of(response)
    assert "Back to your conversations" in text_of(response)


def test_a_composer_whose_session_ended_is_told_beside_its_text() -> None:
    use_up()
    response = post("/conversations/", {"text": "Hi"}, headers={"HX-Request": "true", "HX-Trigger": "composer"})
    assert (response.status_code, response["HX-Retarget"]) == (429, "#composer-error")
    assert (response["Retry-After"], "<html" in response.text) == ("60", False)


def test_visiting_is_not_counted() -> None:
    for _ in range(3 * LIMIT):
        assert "X-RateLimit-Limit" not in Client().get("/accounts/login/")
    assert sign_in("alice@example.org", SECRET)["X-RateLimit-Remaining"] == "2"


def test_who_is_signed_in_is_not_counted_by_network(alice: User, client_of: ClientOf) -> None:
    use_up_rest()
    client = client_of(alice)
    for _ in range(3 * LIMIT):
        assert client.post("/preferences/", {"default_model": "", "temperature": ""}).status_code == 302


def test_without_a_csrf_token_it_counts_too() -> None:
    client = Client(enforce_csrf_checks=True)
    assert [client.post("/accounts/login/").status_code for _ in range(LIMIT + 1)] == [403] * LIMIT + [429]


def test_on_a_new_installation_the_page_is_a_plain_one(alice: User) -> None:
    alice.delete()
    use_up()
    response = sign_in("alice@example.org", SECRET)
    assert response.status_code == 429
    assert "Too many tries" in text_of(response)


# Networks


@pytest.mark.parametrize(
    ("first", "second", "is_shared"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::2", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("", "a local socket", True),
    ],
)
def test_who_shares_an_allowance(first: str, second: str, is_shared: bool) -> None:
    assert (network_of(first) == network_of(second)) == is_shared
    use_up(address=first)
    assert post("/nothing/", address=second).status_code == (429 if is_shared else 404)


def test_addresses_are_written_one_way() -> None:
    assert plain_address("::ffff:192.0.2.1") == "192.0.2.1"
    assert plain_address("2001:DB8::0:1") == "2001:db8::1"
    assert plain_address("nowhere") == "nowhere"


def test_allauths_limits_know_the_addresses_inside_ipv6(settings: Settings) -> None:
    settings.RATE_LIMIT_IP_REQUESTS = 100
    settings.ACCOUNT_RATE_LIMITS = {"login": "2/m/ip"}
    addresses = ("::ffff:192.0.2.1", "192.0.2.1", "::ffff:192.0.2.1", "::ffff:192.0.2.9")
    answers = [post("/accounts/login/", {"login": "x"}, address=address) for address in addresses]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 200]


def test_a_client_cant_choose_its_address() -> None:
    for number in range(LIMIT):
        post("/nothing/", headers={"X-Forwarded-For": f"192.0.2.{number}"})
    assert post("/nothing/", headers={"X-Forwarded-For": "192.0.2.99"}).status_code == 429


async def test_a_trusted_proxys_word_is_taken(server: Server, settings: Settings) -> None:
    """uvicorn believes what comes from 127.0.0.1, as the test does."""
    settings.RATE_LIMIT_IP_REQUESTS = 1

    async def status(address: str) -> int:
        async with aiohttp.ClientSession() as http:
            headers = {"X-Forwarded-For": address}
            async with http.post(f"http://{server.address}/nothing/", headers=headers) as response:
                return response.status

    assert [await status(one) for one in ("192.0.2.1", "192.0.2.1", "192.0.2.2")] == [404, 429, 404]


# Without a database, beside allauth, and on our caches


class Unknown:
    """Who sends a session that can't be looked up."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    @property
    def is_authenticated(self) -> bool:
        raise self.error


def test_a_database_that_does_not_answer_is_said(rf: RequestFactory) -> None:
    asked: list[HttpRequest] = []

    def view(request: HttpRequest) -> HttpResponse:
        asked.append(request)
        return HttpResponse()

    request = rf.post("/conversations/", headers={"HX-Request": "true", "HX-Trigger": "composer"})
    request.user = Unknown(OperationalError("alice@example.org"))  # type: ignore[assignment]  # as the lazy one fails
    response = VisitorLimitMiddleware(view)(request)
    assert (response.status_code, response["HX-Retarget"]) == (503, "#composer-error")
    assert "alice@example.org" not in response.content.decode()
    assert asked == [], "a second wait for the database"


def test_a_fault_of_ours_is_not_taken_for_the_databases(rf: RequestFactory) -> None:
    request = rf.post("/conversations/")
    request.user = Unknown(ProgrammingError("no such column"))  # type: ignore[assignment]  # as the lazy one fails
    with pytest.raises(ProgrammingError):
        VisitorLimitMiddleware(lambda request: HttpResponse())(request)


def test_allauths_own_refusal_keeps_what_was_typed(settings: Settings) -> None:
    settings.RATE_LIMIT_IP_REQUESTS = 100
    settings.ACCOUNT_RATE_LIMITS = {"signup": "1/m/ip"}
    sign_up("first@example.org", "short")
    response = sign_up("second@example.org", SECRET)
    assert (response.status_code, response["Retry-After"]) == (429, "60")
    assert 'value="second@example.org"' in response.content.decode()
    assert SECRET not in response.content.decode()
    assert response["X-RateLimit-Remaining"] == "98"


def test_the_cache_in_force_counts_as_the_silenced_checks_ask() -> None:
    """They know neither of ours; what they are after is that threads count together and nothing is lost."""
    start = Barrier(20)

    def count(_: int) -> bool:
        start.wait()
        added = bool(cache.add("counter", 1))
        if not added:
            cache.incr("counter")
        return added

    with ThreadPoolExecutor(20) as threads:
        added = list(threads.map(count, range(20)))
    assert added.count(True) == 1
    assert cache.get("counter") == 20


def test_no_check_complains() -> None:
    assert [message for message in run_checks() if not message.is_silenced()] == []


def test_a_cache_that_cant_count_locks_nobody_out(settings: Settings) -> None:
    settings.CACHES = {"default": {"BACKEND": "tests.accounts.test_visitor_limits.Forgetful"}}
    for _ in range(3 * LIMIT):
        response = post("/nothing/")
        assert response.status_code == 404
        assert "X-RateLimit-Limit" not in response


class Forgetful:
    """As ours on Redis when it is lost between two calls."""

    def __init__(self, *args: object) -> None: ...

    def add(self, *args: object, **kwargs: object) -> bool:
        return False

    def incr(self, *args: object) -> int:
        raise ValueError("Key not found in the cache.")

    def close(self, **kwargs: object) -> None: ...
