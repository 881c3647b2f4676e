"""How much a person may ask for: by tier, in requests and tokens, and what happens without Redis."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import which

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.limits import (
    GONE_PAUSE_S,
    Limiter,
    add_tokens,
    counted,
    current_limiter,
    give_back,
    limit_state,
    take_request,
)
from accounts.models import User
from convoscope.errors import LimitReached
from tests.support import private_servers

ClientOf = Callable[[User], Client]
LetPass = Callable[[float], None]
TIERS = {
    "free": (10, 10_000),
    "starter": (60, 60_000),
    "professional": (300, 300_000),
    "enterprise": (1_000, 1_000_000),
}


def person(tier: str = "") -> User:
    user = User(email="someone@example.org", tier=tier)
    user.team_tier = ""
    return user


def refusal(user: User, *, tokens: int = 0) -> LimitReached:
    with pytest.raises(LimitReached) as refused:
        take_request(user, tokens=tokens)
    return refused.value


def left(user: User) -> int:
    """How many requests more."""
    state = limit_state(user)
    assert state is not None
    return state.remaining


# Requests


def test_every_tier_has_its_figures(settings: Settings) -> None:
    assert set(settings.TIER_LIMITS) == set(User.Tier.values) == set(TIERS)


@pytest.mark.parametrize(("tier", "requests"), [("", 100), *((tier, figures[0]) for tier, figures in TIERS.items())])
def test_so_many_requests_a_minute_and_not_one_more(tier: str, requests: int, let_pass: LetPass) -> None:
    user = person(tier)
    for _ in range(requests):
        take_request(user)
    assert f"limit of {requests:,} messages a minute" in refusal(user).user_message
    let_pass(60)
    take_request(user)


def test_a_tier_that_is_no_more_has_the_limits_of_none() -> None:
    state = limit_state(person("gold"))
    assert state is not None
    assert state.limit == 100


def test_the_sites_own_limit_and_window(settings: Settings, let_pass: LetPass) -> None:
    settings.RATE_LIMIT_REQUESTS, settings.RATE_LIMIT_WINDOW = 2, 3600
    user = person()
    take_request(user)
    take_request(user)
    let_pass(3000)
    refused = refusal(user)
    assert refused.user_message == (
        "You have reached your limit of 2 messages an hour. Your text is kept. Try again in 10 minutes."
    )
    assert refused.retry_after_s == pytest.approx(600, abs=2)
    let_pass(600)
    take_request(user)


@pytest.mark.parametrize(
    ("wait_s", "words"),
    [
        (0, "1 second."),
        (0.2, "1 second."),
        (1.2, "2 seconds."),
        (120, "120 seconds."),
        (121, "3 minutes."),
        (7200, "120 minutes."),
        (7201, "3 hours."),
    ],
)
def test_the_wait_is_never_said_too_short(wait_s: float, words: str) -> None:
    assert LimitReached("Full.", retry_after_s=wait_s).user_message == f"Full. Try again in {words}"


@pytest.mark.parametrize(
    ("window_s", "words"),
    [(60, "a minute"), (3600, "an hour"), (86400, "a day"), (90, "in 90 seconds"), (1, "in 1 second")],
)
def test_the_window_is_named(settings: Settings, window_s: int, words: str) -> None:
    settings.RATE_LIMIT_REQUESTS, settings.RATE_LIMIT_WINDOW = 1, window_s
    user = person()
    take_request(user)
    assert f"limit of 1 message {words}." in refusal(user).user_message


def test_people_dont_use_up_each_others(settings: Settings) -> None:
    settings.RATE_LIMIT_REQUESTS = 1
    first, second = person(), person()
    take_request(first)
    take_request(second)
    assert "limit of 1 message" in refusal(first).user_message
    assert "limit of 1 message" in refusal(second).user_message


def test_headers_say_where_one_stands(let_pass: LetPass, monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = time.time()
    monkeypatch.setattr(time, "time", lambda: now_s)
    user = person("free")
    take_request(user)
    let_pass(20)
    take_request(user)
    state = limit_state(user)
    assert state is not None
    assert (state.limit, state.remaining) == (10, 8)
    headers = state.headers()
    assert headers["X-RateLimit-Limit"] == "10"
    assert headers["X-RateLimit-Remaining"] == "8"
    assert int(headers["X-RateLimit-Reset"]) == pytest.approx(now_s + 40, abs=1)


def test_a_refusal_says_when_the_same_would_be_let_through(let_pass: LetPass) -> None:
    user = person("free")
    for _ in range(5):
        take_request(user)
    let_pass(30)
    for _ in range(5):
        take_request(user)
    refused = refusal(user)
    assert (refused.http_status, refused.code) == (429, "RATE_LIMIT_EXCEEDED")
    assert refused.headers["Retry-After"] == str(refused.retry_after_s) == "30"
    assert (refused.headers["X-RateLimit-Limit"], refused.headers["X-RateLimit-Remaining"]) == ("10", "0")
    let_pass(refused.retry_after_s)
    take_request(user)


# Tokens


@pytest.mark.parametrize(("tier", "tokens"), [(tier, figures[1]) for tier, figures in TIERS.items()])
def test_so_many_tokens_a_minute_and_not_one_more(tier: str, tokens: int, let_pass: LetPass) -> None:
    user = person(tier)
    take_request(user, tokens=tokens - 1)
    take_request(user, tokens=1)
    refused = refusal(user, tokens=1)
    assert f"limit of {tokens:,} tokens a minute" in refused.user_message
    assert refused.headers["X-RateLimit-Limit"] == str(tokens)
    let_pass(60)
    take_request(user, tokens=tokens)


def test_without_a_tier_tokens_are_not_limited() -> None:
    user = person()
    take_request(user, tokens=50_000_000)
    take_request(user, tokens=50_000_000)
    assert left(user) == 98


def test_a_tier_without_tokens_limits_requests_only(settings: Settings) -> None:
    settings.TIER_LIMITS = settings.TIER_LIMITS | {"free": type(settings.TIER_LIMITS["free"])(2, None)}
    user = person("free")
    take_request(user, tokens=50_000_000)
    take_request(user, tokens=50_000_000)
    assert "2 messages" in refusal(user).user_message


def test_what_an_answer_used_overdraws_the_window_and_the_next_waits(let_pass: LetPass) -> None:
    user = person("free")
    take_request(user, tokens=2_000)
    let_pass(20)
    take_request(user, tokens=1_000)
    add_tokens(user.id, 50_000)
    assert refusal(user, tokens=1).retry_after_s == 60
    let_pass(59)
    assert refusal(user, tokens=1).retry_after_s == 1
    let_pass(1)
    take_request(user, tokens=10_000)


def test_what_an_answer_did_not_use_is_free_again() -> None:
    user = person("free")
    take_request(user, tokens=9_000)
    refusal(user, tokens=2_000)
    add_tokens(user.id, -8_000)
    take_request(user, tokens=9_000)
    assert "10,000 tokens" in refusal(user, tokens=1).user_message
    assert left(user) == 8


def test_a_message_larger_than_the_allowance_is_sent_when_nothing_else_was(let_pass: LetPass) -> None:
    user = person("free")
    take_request(user, tokens=100)
    refused = refusal(user, tokens=25_000)
    assert refused.retry_after_s == 60
    let_pass(60)
    take_request(user, tokens=25_000)
    refusal(user, tokens=1)


def test_a_refusal_counts_neither_request_nor_tokens() -> None:
    user = person("free")
    take_request(user, tokens=9_000)
    for _ in range(20):
        refusal(user, tokens=2_000)
    assert left(user) == 9
    for _ in range(9):
        take_request(user, tokens=1)
    for _ in range(20):
        # Of requests, not of tokens.
        assert "10 messages" in refusal(user, tokens=900).user_message


def test_what_was_used_counts_on_when_the_tier_changes() -> None:
    user = person("free")
    for _ in range(10):
        take_request(user, tokens=1_000)
    refusal(user)
    user.tier = "starter"
    for _ in range(50):
        take_request(user, tokens=1_000)
    assert "60,000 tokens" in refusal(user).user_message
    user.tier = "free"
    assert "10,000 tokens" in refusal(user).user_message
    user.tier = ""
    for _ in range(40):
        take_request(user)
    assert "100 messages" in refusal(user).user_message


# Counting for as long as it goes well


def test_what_raises_is_not_counted() -> None:
    user = person("free")
    with pytest.raises(ZeroDivisionError), counted(user, tokens=9_000):
        raise ZeroDivisionError
    with counted(user, tokens=9_000):
        pass
    assert left(user) == 9
    refusal(user, tokens=9_000)


def test_a_refusal_keeps_the_block_from_beginning(settings: Settings) -> None:
    settings.RATE_LIMIT_REQUESTS = 1
    user, begun = person(), []
    for _ in range(2):
        try:
            with counted(user):
                begun.append(user)
        except LimitReached:
            break
    assert begun == [user]
    refusal(user)


# Redis that is gone


@pytest.fixture
def nowhere(settings: Settings) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{private_servers.free_port()}/0"


@pytest.fixture
def hanging(settings: Settings) -> Iterator[None]:
    """It takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        settings.RATE_LIMIT_REDIS_OPTIONS = {"socket_connect_timeout": 0.2, "socket_timeout": 0.2}
        settings.REDIS_URL = f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
        yield


@pytest.mark.parametrize("gone", ["nowhere", "hanging"])
def test_without_redis_everything_passes_with_one_warning(
    gone: str, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> None:
    request.getfixturevalue(gone)
    user = person("free")
    with caplog.at_level(logging.WARNING):
        for _ in range(50):
            take_request(user, tokens=50_000)
        add_tokens(user.id, 5)
        give_back(user, tokens=5)
        assert limit_state(user) is None
    assert [record.getMessage().partition(" (")[0] for record in caplog.records] == [
        "the limits are left out: Redis doesn't answer"
    ]


@pytest.mark.usefixtures("nowhere")
def test_each_call_does_without_redis(caplog: pytest.LogCaptureFixture) -> None:
    """Whichever is the first to find it gone."""
    user, limiter = person("free"), current_limiter()
    let_retry(limiter)
    add_tokens(user.id, 5)
    let_retry(limiter)
    give_back(user)
    let_retry(limiter)
    limit_state(user)
    assert len(caplog.records) == 3


def let_retry(limiter: Limiter) -> None:
    before = limiter.clock
    limiter.clock = lambda: before() + GONE_PAUSE_S


@pytest.mark.skipif(which("redis-server") is None, reason="Redis is not installed")
def test_limits_are_back_with_redis(settings: Settings, tmp_path: Path) -> None:
    settings.RATE_LIMIT_REQUESTS = 1
    port = private_servers.free_port()
    settings.REDIS_URL = f"redis://127.0.0.1:{port}/0"
    user = person()
    with private_servers.redis(tmp_path, port):
        take_request(user)
        refusal(user)
    take_request(user)
    assert limit_state(user) is None
    with private_servers.redis(tmp_path, port):
        let_retry(current_limiter())
        # It kept nothing.
        assert left(user) == 1
        take_request(user)
        refusal(user)
        assert left(user) == 0


@pytest.mark.usefixtures("nowhere")
def test_without_redis_a_page_is_answered_and_says_nothing_of_limits(alice: User, client_of: ClientOf) -> None:
    fields = {"text": "Hello", "turn_key": "0192d4c8-0000-7000-8000-000000000001"}
    response = client_of(alice).post("/conversations/", fields, headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert "X-RateLimit-Limit" not in response


def test_an_administrators_change_of_tier_holds_from_the_next_request(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    headers = {"HX-Request": "true"}

    def limit_said(number: int) -> str:
        fields = {"text": "Hello", "turn_key": f"0192d4c8-0000-7000-8000-00000000000{number}"}
        return client.post("/conversations/", fields, headers=headers)["X-RateLimit-Limit"]

    assert limit_said(1) == "100"
    boss = User.objects.create_superuser("boss@example.org", "a long enough password")
    form = {"email": alice.email, "tier": "free", "theme": "system", "language": "en"}
    form |= {"first_name": "", "last_name": "", "date_joined_0": "2026-01-01", "date_joined_1": "00:00"}
    saved = client_of(boss).post(f"/admin/accounts/user/{alice.id}/change/", form)
    assert saved.status_code == 302, saved.content.decode()
    assert limit_said(2) == "10"
