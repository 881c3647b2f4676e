"""What is kept, and to whom and for how long it is given. Time is made to pass by moving rows into the past."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db.models import F
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Team, User
from providers.actions.cache import change_cache_settings
from providers.cache.bounds import ANSWER_MAX_BYTES
from providers.cache.forgetting import forget_all, forget_user
from providers.cache.nearest import neighbours
from providers.cache.store import consult, note_hit, remember
from providers.contract import ChatMessage, ImagePart, Payer, TextPart, Usage
from providers.models import CachedResponse, CacheSettings
from tests.providers.cache.asking import ANSWER, MODEL, QUESTION, USAGE, ask, given, keep, scope_of, site, verdict

pytestmark = pytest.mark.django_db

LIKE = "Please tell me the capital of Austria."
Shared = CacheSettings.SharedScope


def let_pass(time: timedelta) -> None:
    times = ("created_at", "exact_until", "expires_at", "last_used_at")
    CachedResponse.objects.update(**{name: F(name) - time for name in times})


def sharing(shared: str) -> None:
    CacheSettings.objects.all().delete()
    site(shared_scope=shared)


def test_the_same_request_is_given_the_same_answer(alice: User) -> None:
    assert verdict(ask(alice)) == "no entry; no like question is looked for: like questions are switched off"
    assert keep(ask(alice))
    answer = given(ask(alice))
    assert answer is not None
    assert (answer.kind, answer.similarity, answer.text, answer.usage) == ("exact", 1.0, ANSWER, USAGE)
    assert verdict(ask(alice)) == "hit: asked within the last minute"


def test_a_question_that_says_the_same_is_given_it_too(alice: User) -> None:
    site()
    assert verdict(ask(alice)) == "no entry, and no like question"
    keep(ask(alice))
    answer = given(ask(alice, LIKE))
    assert answer is not None
    assert (answer.kind, answer.text) == ("semantic", ANSWER)
    assert answer.similarity == pytest.approx(1, abs=0.002)
    assert given(ask(alice, LIKE, system="")) is not None


def test_what_is_kept_of_the_question_is_no_text(alice: User) -> None:
    site()
    keep(ask(alice, "Who killed Professor Plum?"), "I don't know.")
    row = CachedResponse.objects.get()
    assert "Plum" not in str({field.name: getattr(row, field.name) for field in row._meta.concrete_fields})
    assert len(row.embedding or b"") == 512


def test_like_questions_are_off_by_default(alice: User) -> None:
    keep(ask(alice))
    assert CachedResponse.objects.get().embedding is None
    assert given(ask(alice, LIKE)) is None
    assert given(ask(alice)) is not None


def test_why_a_near_question_is_not_answered(alice: User) -> None:
    site()
    keep(ask(alice, "Did Germany invade Poland?"))
    assert verdict(ask(alice, "Did Poland invade Germany?")) == "nearest 1.00, but it says something else"
    assert verdict(ask(alice, "Who invaded Poland?")).endswith(", below 0.92")
    assert verdict(ask(alice, "How long do eggs boil?")).endswith(", below 0.92")


def test_what_the_cache_says_when_it_is_not_asked(alice: User) -> None:
    consulted = consult(ask(alice, temperature=1.5), model_full_id=MODEL)
    assert (consulted.scope, consulted.answer, consulted.verdict) == (None, None, "off: temperature above 1")
    site(is_exact_enabled=False, is_semantic_enabled=False)
    assert verdict(ask(alice)) == "off: the cache is switched off"


def test_either_way_can_be_switched_off_alone(alice: User) -> None:
    site()
    keep(ask(alice))
    change(alice, is_exact_enabled=False, is_semantic_enabled=True)
    assert getattr(given(ask(alice)), "kind", "") == "semantic"
    change(alice, is_exact_enabled=True, is_semantic_enabled=False)
    assert getattr(given(ask(alice)), "kind", "") == "exact"
    assert given(ask(alice, LIKE)) is None
    change(alice, is_exact_enabled=False, is_semantic_enabled=False)
    assert given(ask(alice)) is None
    assert not remember_like_before(alice)


def change(by: User, *, is_exact_enabled: bool, is_semantic_enabled: bool, shared_scope: str = Shared.NONE) -> None:
    change_cache_settings(
        is_exact_enabled=is_exact_enabled, is_semantic_enabled=is_semantic_enabled, shared_scope=shared_scope, by=by
    )


def remember_like_before(alice: User) -> bool:
    """An answer that was under way when the site changed."""
    sharing(Shared.NONE)
    scope = scope_of(ask(alice, "Another?"))
    change(alice, is_exact_enabled=False, is_semantic_enabled=False)
    return remember(scope, text="Another.", usage=USAGE)


# Never across anything that matters

ALICE, BOB = UUID(int=1), UUID(int=2)
TEAM, OTHER_TEAM = UUID(int=3), UUID(int=4)
# Each differs from the first in one field.
WHERE: dict[str, tuple[Payer, str, tuple[str, ...], dict[str, Any]]] = {
    "the one who asked": (Payer(ALICE), MODEL, (), {}),
    "another person": (Payer(BOB), MODEL, (), {}),
    "another model": (Payer(ALICE), "openai/gpt-5-mini", (), {}),
    "another endpoint": (Payer(ALICE), "openrouter/gpt-5", (), {}),
    "a collection": (Payer(ALICE), MODEL, ("a",), {}),
    "another collection": (Payer(ALICE), MODEL, ("b",), {}),
    "two collections": (Payer(ALICE), MODEL, ("a", "b"), {}),
    "a system prompt": (Payer(ALICE), MODEL, (), {"system": "Answer in French."}),
    "another system prompt": (Payer(ALICE), MODEL, (), {"system": "Answer in German."}),
    "another temperature": (Payer(ALICE), MODEL, (), {"temperature": 0.8}),
    "no temperature": (Payer(ALICE), MODEL, (), {"temperature": None}),
    "a longest answer": (Payer(ALICE), MODEL, (), {"max_output_tokens": 10}),
}


@pytest.fixture
def people(db: None) -> None:
    for one in (ALICE, BOB):
        User.objects.create_user(id=one, email=f"{one}@example.org")


def given_at(name: str, text: str) -> str | None:
    payer, model, collections, changes = WHERE[name]
    answer = given(ask(None, text, payer=payer, **changes), model=model, collections=collections)
    return answer.text if answer else None


def keep_at(name: str) -> None:
    payer, model, collections, changes = WHERE[name]
    keep(ask(None, payer=payer, **changes), f"kept at {name}", model=model, collections=collections)


@pytest.mark.parametrize(("kept", "asked"), list(product(WHERE, WHERE)))
@pytest.mark.parametrize("question", [QUESTION, LIKE], ids=["same", "like"])
def test_an_answer_never_crosses_anything_that_matters(people: None, kept: str, asked: str, question: str) -> None:
    site()
    keep_at(kept)
    assert given_at(asked, question) == (f"kept at {kept}" if kept == asked else None)


def test_everybody_is_given_their_own_when_all_is_kept(people: None) -> None:
    site()
    for name in WHERE:
        keep_at(name)
    for name, question in product(WHERE, (QUESTION, LIKE)):
        assert given_at(name, question) == f"kept at {name}"


PAYERS = {
    "Alice": Payer(ALICE),
    "Alice in the team": Payer(ALICE, TEAM),
    "Bob": Payer(BOB),
    "Bob in the team": Payer(BOB, TEAM),
    "Bob in another team": Payer(BOB, OTHER_TEAM),
}


@pytest.mark.parametrize(("kept", "asked"), list(product(PAYERS, PAYERS)))
@pytest.mark.parametrize("shared", Shared.values)
def test_who_is_given_whose_answers(people: None, shared: str, kept: str, asked: str) -> None:
    site(shared_scope=shared)
    keep(ask(None, payer=PAYERS[kept]))
    first, second = PAYERS[kept], PAYERS[asked]
    may_have = {
        Shared.NONE: first.user_id == second.user_id,
        Shared.TEAM: first.team_id == second.team_id and (first.team_id is not None or first.user_id == second.user_id),
        Shared.SITE: True,
    }[Shared(shared)]
    for question in (QUESTION, LIKE):
        assert (given(ask(None, question, payer=second)) is not None) == may_have


@pytest.mark.parametrize(("before", "after"), [(a, b) for a, b in product(Shared.values, repeat=2) if a != b])
def test_a_change_of_who_shares_gives_nobody_what_others_asked_before(people: None, before: str, after: str) -> None:
    site(shared_scope=before)
    keep(ask(None, payer=Payer(ALICE, TEAM)))
    admin = User.objects.get(id=BOB)
    change(admin, is_exact_enabled=True, is_semantic_enabled=True, shared_scope=after)
    for question in (QUESTION, LIKE):
        assert given(ask(None, question, payer=Payer(BOB, TEAM))) is None
    change(admin, is_exact_enabled=True, is_semantic_enabled=True, shared_scope=before)
    for question in (QUESTION, LIKE):
        assert given(ask(None, question, payer=Payer(BOB, TEAM))) is None, "nor after it is changed back"


def test_an_answer_under_way_is_not_kept_where_others_may_see_it_no_more(people: None) -> None:
    site(shared_scope=Shared.SITE)
    scope = scope_of(ask(ALICE))
    change(User.objects.get(id=BOB), is_exact_enabled=True, is_semantic_enabled=True)
    assert not remember(scope, text=ANSWER, usage=USAGE)
    assert not CachedResponse.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [{"may_use_cache": False}, {"partial_text": "V"}, {"temperature": 1.2}, {"feature": "title"}],
    ids=["temporary", "continued", "warm", "title"],
)
@pytest.mark.parametrize("question", [QUESTION, LIKE], ids=["same", "like"])
def test_what_is_never_cached_is_given_nothing(alice: User, changes: dict[str, Any], question: str) -> None:
    site()
    keep(ask(alice))
    consulted = consult(ask(alice, question, **changes), model_full_id=MODEL)
    assert consulted.scope is None, "so that nothing is kept of it either"
    assert consulted.answer is None


def test_a_like_question_with_an_image_is_another(alice: User) -> None:
    site()
    keep(ask(alice))
    pictured = (ChatMessage("user", (TextPart(QUESTION), ImagePart("image/png", b"1"))),)
    assert given(ask(alice, messages=pictured)) is None
    keep(ask(alice, messages=pictured), "A picture of Vienna.")
    assert getattr(given(ask(alice, messages=pictured)), "text", "") == "A picture of Vienna."
    assert getattr(given(ask(alice, LIKE)), "text", "") == ANSWER


# How long


def test_an_exact_answer_is_given_for_an_hour(alice: User) -> None:
    keep(ask(alice))
    let_pass(timedelta(minutes=59))
    assert verdict(ask(alice)) == "hit: asked 59 min ago"
    let_pass(timedelta(minutes=1))
    assert given(ask(alice)) is None


def test_how_long_is_a_setting(alice: User, settings: Settings) -> None:
    settings.CACHE_TTL = 60
    keep(ask(alice))
    let_pass(timedelta(seconds=61))
    assert given(ask(alice)) is None


def test_a_like_question_is_answered_for_a_day(alice: User) -> None:
    site()
    keep(ask(alice))
    let_pass(timedelta(hours=23, minutes=59))
    assert verdict(ask(alice, LIKE)) == "hit: asked 23 h ago"
    assert getattr(given(ask(alice)), "kind", "") == "semantic"
    let_pass(timedelta(minutes=1))
    assert given(ask(alice, LIKE)) is None
    assert given(ask(alice)) is None


def test_a_new_answer_takes_the_place_of_the_old_one(alice: User) -> None:
    site()
    keep(ask(alice), "Wien.")
    let_pass(timedelta(hours=25))
    assert keep(ask(alice), "Vienna!")
    assert CachedResponse.objects.count() == 1
    for question in (QUESTION, LIKE):
        assert getattr(given(ask(alice, question)), "text", "") == "Vienna!"


# What is kept


@pytest.mark.parametrize(
    ("text", "is_kept"),
    [("", False), ("x", True), ("é" * (ANSWER_MAX_BYTES // 2), True), ("é" * (ANSWER_MAX_BYTES // 2) + "x", False)],
    ids=["nothing", "little", "just enough", "too much"],
)
def test_answers_of_some_size(alice: User, text: str, is_kept: bool) -> None:
    assert keep(ask(alice), text) == is_kept
    assert getattr(given(ask(alice)), "text", None) == (text if is_kept else None)


def test_a_hit_is_counted_and_keeps_the_answer_fresh(alice: User) -> None:
    keep(ask(alice))
    let_pass(timedelta(minutes=10))
    answer = given(ask(alice))
    assert answer is not None
    before = CachedResponse.objects.get().last_used_at
    note_hit(answer)
    note_hit(answer)
    row = CachedResponse.objects.get()
    assert row.hits == 2
    assert row.last_used_at > before


def test_usage_is_given_as_it_was(alice: User) -> None:
    remember(scope_of(ask(alice)), text=ANSWER, usage=Usage(0, 0))
    assert getattr(given(ask(alice)), "usage", None) == Usage(0, 0)


def test_an_exact_look_up_is_one_query_beside_the_settings(
    alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    site()
    keep(ask(alice))
    with django_assert_num_queries(2):
        assert given(ask(alice)) is not None
    with django_assert_num_queries(5):
        assert given(ask(alice, LIKE)) is not None
    with django_assert_num_queries(0):
        assert given(ask(alice, may_use_cache=False)) is None


@pytest.mark.parametrize("text", ["\x00", "\u200b", "?", "[PAD]"])
def test_a_question_without_words_is_like_none(alice: User, text: str) -> None:
    site()
    keep(ask(alice))
    keep(ask(alice, text), "What?")
    answer = given(ask(alice, f"{text} "))
    assert answer is None or answer.text == "What?"


# Erasure


def test_an_erased_persons_answers_are_gone(people: None) -> None:
    site(shared_scope=Shared.SITE)
    keep(ask(ALICE), "Alice's")
    keep(ask(BOB, "Is Bob here?"), "Bob's")
    assert given(ask(BOB, LIKE)) is not None
    assert forget_user(ALICE) == 1
    for question in (QUESTION, LIKE):
        assert given(ask(BOB, question)) is None
    assert CachedResponse.objects.get().text == "Bob's"


def test_deleting_the_account_does_the_same(people: None) -> None:
    keep(ask(ALICE))
    User.objects.get(id=ALICE).delete()
    assert not CachedResponse.objects.exists()


def test_everything_can_be_forgotten(people: None) -> None:
    site()
    keep(ask(ALICE))
    keep(ask(BOB))
    assert given(ask(ALICE, LIKE)) is not None
    assert forget_all() == 2
    assert given(ask(ALICE, LIKE)) is None
    assert verdict(ask(ALICE, LIKE)) == "no entry, and no like question"


def test_what_another_process_removed_is_not_given(people: None) -> None:
    site()
    keep(ask(ALICE))
    assert given(ask(ALICE, LIKE)) is not None
    CachedResponse.objects.all().delete()
    assert given(ask(ALICE, LIKE)) is None
    keep(ask(ALICE), "Again.")
    assert getattr(given(ask(ALICE, LIKE)), "text", "") == "Again."


def test_what_another_process_keeps_is_found(people: None) -> None:
    site()
    keep(ask(ALICE, "How long do eggs boil?"), "Six minutes.")
    assert given(ask(ALICE, LIKE)) is None
    keep(ask(ALICE))
    row = CachedResponse.objects.get(text=ANSWER)
    row.created_at -= timedelta(seconds=20)
    row.save()
    assert given(ask(ALICE, LIKE)) is not None, "also if its clock is a little behind"
    neighbours.forget()
    assert given(ask(ALICE, LIKE)) is not None


def test_a_team_that_is_gone_leaves_nothing_to_be_found(people: None) -> None:
    team = Team.objects.create(name="Red")
    site(shared_scope=Shared.TEAM)
    keep(ask(None, payer=Payer(ALICE, team.id)))
    team.delete()
    assert given(ask(ALICE)) is None
    assert given(ask(None, payer=Payer(ALICE, uuid4()))) is None
