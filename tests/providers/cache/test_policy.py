"""What may be answered from the cache: every reason against it, and that everything that matters is in the digest."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from providers.cache.digest import context_digest, request_digest
from providers.cache.policy import CacheScope, NotCached, cache_scope, is_allowed
from providers.contract import (
    ChatMessage,
    ChatRequest,
    ImagePart,
    Payer,
    TextPart,
    ToolCallPart,
    ToolDefinition,
    ToolResultPart,
)
from providers.models import CacheSettings
from tests.providers.cache.asking import MODEL, ask

ALICE, TEAM = UUID(int=1), UUID(int=2)
Shared = CacheSettings.SharedScope
BOTH = CacheSettings(is_semantic_enabled=True)
TOOL = ToolDefinition("weather", "The weather", "{}")


def scope(request: ChatRequest, site: CacheSettings = BOTH) -> CacheScope | NotCached:
    return cache_scope(request, model_full_id=MODEL, site=site)


def with_parts(*parts: object) -> tuple[ChatMessage, ...]:
    return (ChatMessage("user", parts),)  # type: ignore[arg-type]  # parts of every kind


NEVER: dict[str, tuple[dict[str, Any], str]] = {
    "temporary or regenerated": ({"may_use_cache": False}, "may be kept"),
    "title": ({"feature": "title"}, "background"),
    "test": ({"feature": "test"}, "background"),
    "continued": ({"partial_text": "Vie"}, "continued"),
    "tools": ({"tools": (TOOL,)}, "tools"),
    "an earlier call": ({"messages": with_parts(TextPart("?"), ToolCallPart("1", "now", "{}"))}, "tools"),
    "an earlier result": ({"messages": with_parts(ToolResultPart("1", "now", "12"))}, "tools"),
    "a tool's message": ({"messages": (ChatMessage.of_text("tool", "12"),)}, "tools"),
    "temperature": ({"temperature": 1.01}, "temperature above 1"),
    "no temperature": ({"temperature": math.nan}, "temperature above 1"),
    "nobody": ({"payer": Payer()}, "nobody"),
    "only a team": ({"payer": Payer(team_id=TEAM)}, "nobody"),
}


@pytest.mark.parametrize("name", NEVER)
def test_never_cached(name: str) -> None:
    changes, reason = NEVER[name]
    found = scope(ask(ALICE, **changes))
    assert isinstance(found, NotCached)
    assert reason in found.reason


@pytest.mark.parametrize("temperature", [None, 0.0, 0.7, 1.0, 1])
def test_cached_up_to_temperature_one(temperature: float | None) -> None:
    assert isinstance(scope(ask(ALICE, temperature=temperature)), CacheScope)


NOT_ALIKE: dict[str, tuple[dict[str, Any], str]] = {
    "a second question": (
        {"messages": tuple(ChatMessage.of_text(role, "x") for role in ("user", "assistant", "user"))},
        "not the first",
    ),
    "two questions": ({"messages": tuple(ChatMessage.of_text("user", "x") for _ in range(2))}, "not the first"),
    "no question": ({"messages": ()}, "not the first"),
    "only a system prompt": ({"messages": (ChatMessage.of_text("system", "x"),)}, "not the first"),
    "an image": ({"messages": with_parts(TextPart("What is it?"), ImagePart("image/png", b"1"))}, "more than"),
    "two parts": ({"messages": with_parts(TextPart("What is"), TextPart(" it?"))}, "more than"),
    "a long text": ({"messages": with_parts(TextPart("a" * 501))}, "longer than"),
    "two lines": ({"messages": with_parts(TextPart("Mend this:\nx = y"))}, "longer than"),
    "nothing": ({"messages": with_parts(TextPart(" \n "))}, "no words"),
    "the present": ({"messages": with_parts(TextPart("Who won today?"))}, "the present"),
}


@pytest.mark.parametrize("name", NOT_ALIKE)
def test_only_a_plain_first_question_may_have_a_like_one(name: str) -> None:
    changes, reason = NOT_ALIKE[name]
    found = scope(ask(ALICE, **changes))
    assert isinstance(found, CacheScope), "the same request may still be answered"
    assert found.uses_exact
    assert found.question is None
    assert reason in found.why_no_question
    assert isinstance(
        scope(ask(ALICE, **changes), CacheSettings(is_exact_enabled=False, is_semantic_enabled=True)), NotCached
    )


def test_by_default_the_same_request_alone_is_looked_for() -> None:
    found = scope(ask(ALICE), CacheSettings())
    assert isinstance(found, CacheScope)
    assert (found.uses_exact, found.question, found.key) == (True, None, f"user:{ALICE}")


def test_off(settings: Settings) -> None:
    assert isinstance(scope(ask(ALICE), CacheSettings(is_exact_enabled=False)), NotCached)
    settings.CACHE_TTL = 0
    assert isinstance(scope(ask(ALICE), CacheSettings()), NotCached)
    found = scope(ask(ALICE), BOTH)
    assert isinstance(found, CacheScope)
    assert not found.uses_exact


@pytest.mark.parametrize(
    ("shared", "payer", "key"),
    [
        (Shared.NONE, Payer(ALICE, TEAM), f"user:{ALICE}"),
        (Shared.TEAM, Payer(ALICE, TEAM), f"team:{TEAM}"),
        (Shared.TEAM, Payer(None, TEAM), f"team:{TEAM}"),
        (Shared.TEAM, Payer(ALICE), f"user:{ALICE}"),
        (Shared.SITE, Payer(ALICE, TEAM), "site"),
        (Shared.SITE, Payer(), "site"),
    ],
)
def test_who_shares_with_whom(shared: str, payer: Payer, key: str) -> None:
    found = scope(ask(None, payer=payer), CacheSettings(shared_scope=shared))
    assert isinstance(found, CacheScope)
    assert found.key == key


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(Shared.values, 2)))
def test_a_scope_made_under_other_settings_is_not_kept_in(before: str, after: str) -> None:
    found = scope(ask(None, payer=Payer(ALICE, TEAM)), CacheSettings(shared_scope=before))
    assert isinstance(found, CacheScope)
    assert is_allowed(found, CacheSettings(shared_scope=before))
    assert not is_allowed(found, CacheSettings(shared_scope=after))
    assert not is_allowed(found, CacheSettings(shared_scope=before, is_exact_enabled=False))


# The digest

words = st.text(st.characters(codec=None), max_size=6)
parts = st.one_of(
    st.builds(TextPart, words),
    st.builds(ImagePart, words, st.binary(max_size=4)),
    st.builds(ToolCallPart, words, words, words),
    st.builds(ToolResultPart, words, words, words),
)
messages = st.builds(
    ChatMessage, st.sampled_from(["system", "user", "assistant", "tool"]), st.lists(parts, max_size=3).map(tuple)
)
requests = st.builds(
    ChatRequest,
    request_id=st.uuids(),
    messages=st.lists(messages, max_size=4).map(tuple),
    model=words,
    temperature=st.one_of(st.none(), st.floats(0, 2)),
    max_output_tokens=st.one_of(st.none(), st.integers(1, 9)),
    tools=st.lists(st.builds(ToolDefinition, words, words, words), max_size=2).map(tuple),
    partial_text=words,
    feature=st.sampled_from(["chat", "title", "summary"]),
)
places = st.tuples(requests, words, st.lists(words, max_size=3, unique=True))
# What says who asks or how, and changes no answer
BESIDE = (
    "request_id",
    "model",
    "first_call_number",
    "payer",
    "subject_id",
    "deadline_s",
    "only_this_model",
    "must_be_free",
    "may_use_cache",
    "keeps_history",
)


def matters(place: tuple[ChatRequest, str, list[str]]) -> object:
    request, model, collections = place
    content = [repr(getattr(request, name)) for name in ChatRequest.__slots__ if name not in BESIDE]
    return content, model, sorted(collections)


def digests(place: tuple[ChatRequest, str, list[str]]) -> list[str]:
    request, model, collections = place
    return [make(request, model_full_id=model, collections=collections) for make in (request_digest, context_digest)]


@settings(max_examples=300, deadline=None)
@given(places, places)
def test_two_requests_have_one_digest_only_if_they_say_the_same(
    first: tuple[ChatRequest, str, list[str]], second: tuple[ChatRequest, str, list[str]]
) -> None:
    assert (digests(first)[0] == digests(second)[0]) == (matters(first) == matters(second))
    assert digests(first)[0] != digests(first)[1]


BASE = ChatRequest(
    request_id=UUID(int=1),
    messages=(ChatMessage("system", (TextPart("a"), TextPart("b"))), ChatMessage("user", (TextPart("c"),))),
    model="m",
    temperature=0.5,
    max_output_tokens=10,
    payer=Payer(ALICE),
)


def _message(*parts: object) -> tuple[ChatMessage, ...]:
    return (*BASE.messages[:1], ChatMessage("user", parts))  # type: ignore[arg-type]  # parts of every kind


VARIANTS: list[ChatRequest] = [
    BASE,
    *(replace(BASE, temperature=value) for value in (None, 0.0, 0.50001, 1.0)),
    *(replace(BASE, max_output_tokens=value) for value in (None, 11)),
    replace(BASE, tools=(TOOL,)),
    replace(BASE, tools=(replace(TOOL, name="x"),)),
    replace(BASE, tools=(replace(TOOL, description="x"),)),
    replace(BASE, tools=(replace(TOOL, parameters="x"),)),
    replace(BASE, partial_text="x"),
    replace(BASE, feature="title"),
    replace(BASE, messages=()),
    replace(BASE, messages=BASE.messages[1:]),
    replace(BASE, messages=BASE.messages[::-1]),
    replace(BASE, messages=(*BASE.messages, *BASE.messages)),
    replace(BASE, messages=(ChatMessage.of_text("system", "ab"), BASE.messages[1])),
    replace(BASE, messages=(replace(BASE.messages[0], role="user"), BASE.messages[1])),
    replace(BASE, messages=_message()),
    replace(BASE, messages=_message(TextPart("C"))),
    replace(BASE, messages=_message(TextPart("c "))),
    replace(BASE, messages=_message(TextPart("\ud800"))),
    replace(BASE, messages=_message(ImagePart("c", b"c"))),
    replace(BASE, messages=_message(ImagePart("c", b"d"))),
    replace(BASE, messages=_message(ImagePart("d", b"c"))),
    replace(BASE, messages=_message(ToolCallPart("c", "c", "c"))),
    replace(BASE, messages=_message(ToolResultPart("c", "c", "c"))),
    replace(BASE, messages=_message(ToolResultPart("c", "c", "d"))),
]


def test_a_change_of_any_field_is_another_digest() -> None:
    places = [(variant, "m", list[str]()) for variant in VARIANTS]
    places += [(BASE, "n", []), (BASE, "m", ["1"]), (BASE, "m", ["2"]), (BASE, "m", ["1", "2"]), (BASE, "m", ["12"])]
    found = [digests(place)[0] for place in places]
    assert len(set(found)) == len(found)


def test_who_asks_and_the_order_of_collections_change_none() -> None:
    same = replace(
        BASE,
        request_id=UUID(int=2),
        model="alias",
        payer=Payer(),
        subject_id=UUID(int=3),
        deadline_s=1.0,
        only_this_model=True,
        must_be_free=True,
        may_use_cache=True,
        keeps_history=False,
        first_call_number=2,
    )
    assert digests((BASE, "m", ["1", "2"])) == digests((same, "m", ["2", "1"]))


def test_the_context_is_all_but_the_question() -> None:
    other = replace(BASE, messages=_message(TextPart("another question")))
    assert digests((BASE, "m", []))[1] == digests((other, "m", []))[1]
    for changed in (
        replace(BASE, temperature=0.6),
        replace(BASE, messages=(ChatMessage.of_text("system", "x"), BASE.messages[1])),
    ):
        assert digests((BASE, "m", []))[1] != digests((changed, "m", []))[1]
