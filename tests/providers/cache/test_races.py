"""Processes that keep and forget at the same moment, each with a connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import connections

from accounts.models import User
from providers.cache.forgetting import forget_all
from providers.cache.store import remember
from providers.models import CachedResponse
from tests.providers.cache.asking import USAGE, ask, given, keep, scope_of, site

THREADS = 6
pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*functions: Callable[[], object]) -> list[object]:
    start = threading.Barrier(len(functions))

    def call(function: Callable[[], object]) -> object:
        try:
            start.wait()
            return function()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(functions)) as threads:
        return list(threads.map(call, functions))


def test_the_same_request_is_kept_once(alice: User) -> None:
    site()
    scope = scope_of(ask(alice))
    texts = [f"Answer {number}" for number in range(THREADS)]
    assert at_once(*(partial(remember, scope, text=text, usage=USAGE) for text in texts)) == [True] * THREADS
    assert CachedResponse.objects.get().text in texts
    answer = given(ask(alice))
    assert answer is not None
    assert answer.text in texts


def test_different_requests_are_all_kept_and_found(alice: User) -> None:
    site()
    questions = [f"What is {number} + 1?" for number in range(THREADS)]
    assert all(at_once(*(partial(keep, ask(alice, question), question) for question in questions)))
    found = at_once(*(partial(given, ask(alice, f"please {question}")) for question in questions))
    assert [getattr(answer, "text", "") for answer in found] == questions


def test_an_answer_to_someone_who_is_gone_is_not_kept(alice: User) -> None:
    scope = scope_of(ask(alice))
    alice.delete()
    assert not remember(scope, text="Too late.", usage=USAGE)
    assert not CachedResponse.objects.exists()


def test_keeping_and_forgetting_do_not_wait_for_each_other_for_ever(alice: User) -> None:
    site()
    scopes = [scope_of(ask(alice, f"What is {number} + 1?")) for number in range(THREADS)]
    keeping = [partial(remember, scope, text="x", usage=USAGE) for scope in scopes]
    results = at_once(*keeping, forget_all, forget_all)
    assert results[:THREADS] == [True] * THREADS
