"""What one process alone knows of the cache spares a look into the database, and hides no answer that is held."""

from __future__ import annotations

from uuid import uuid4

import pytest
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks, Settings

from accounts.models import User
from providers.actions.cache import change_cache_settings
from providers.cache.door import CacheDoor
from providers.cache.forgetting import forget_all
from providers.cache.known import Known
from providers.cache.policy import CacheScope
from providers.cache.store import Consulted, consult, remember
from providers.contract import ChatRequest
from tests.providers.cache.asking import ANSWER, MODEL, USAGE, ask, keep, scope_of, site, verdict
from tests.providers.cache.test_door import SCOPE, Thread


def loaded() -> Known:
    known = Known()
    known.load()
    return known


def test_before_it_has_looked_it_knows_nothing() -> None:
    assert Known().consult(ask(uuid4()), model_full_id=MODEL) is None


@pytest.mark.django_db
def test_a_new_question_is_known_to_be_new(alice: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    known = loaded()
    asked = consult(ask(alice), model_full_id=MODEL)
    with django_assert_num_queries(0):
        assert known.consult(ask(alice), model_full_id=MODEL) == asked


@pytest.mark.django_db
def test_what_is_held_is_asked_for(alice: User, bob: User) -> None:
    keep(ask(alice))
    known = loaded()
    assert known.consult(ask(alice), model_full_id=MODEL) is None
    assert known.consult(ask(bob), model_full_id=MODEL) is not None
    forget_all()
    assert known.consult(ask(alice), model_full_id=MODEL) is None, "it may be asked in vain"


@pytest.mark.django_db
def test_like_questions_are_asked_for(alice: User) -> None:
    site(is_semantic_enabled=True)
    assert loaded().consult(ask(alice), model_full_id=MODEL) is None


@pytest.mark.django_db
def test_where_the_cache_is_off_it_says_so(alice: User, settings: Settings) -> None:
    settings.CACHE_TTL = 0
    said = loaded().consult(ask(alice), model_full_id=MODEL)
    assert said == consult(ask(alice), model_full_id=MODEL) == Consulted(None, None, verdict(ask(alice)))


@pytest.mark.django_db
def test_new_settings_are_read_again(
    alice: User, admin: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    known = loaded()
    with django_capture_on_commit_callbacks(execute=True):
        change_cache_settings(is_exact_enabled=True, is_semantic_enabled=False, shared_scope="site", by=admin)
    assert not known.is_loaded
    assert known.consult(ask(alice), model_full_id=MODEL) is None
    known.load()
    said = known.consult(ask(alice), model_full_id=MODEL)
    assert said is not None
    assert said.scope is not None
    assert said.scope.key == "site"


@pytest.mark.django_db
def test_settings_that_change_while_it_reads_are_read_again(
    admin: User,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    known = Known()

    class Held(set[tuple[str, str]]):
        def update(self, *others: object) -> None:
            with django_capture_on_commit_callbacks(execute=True):
                change_cache_settings(is_exact_enabled=False, is_semantic_enabled=False, shared_scope="none", by=admin)

    monkeypatch.setattr(known, "_held", Held())
    known.load()
    assert not known.is_loaded


@pytest.mark.django_db
def test_it_forgets_before_it_grows_without_end(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("providers.cache.known.MAX_ENTRIES", 1)
    known = loaded()
    for text in ("One?", "Two?", "Three?"):
        assert known.is_loaded
        known.add(scope_of(ask(alice, text)))
    assert not known.is_loaded


class Told(Known):
    """Says what a test gave it, and notes what it is told."""

    def __init__(self, says: Consulted | None = None) -> None:
        super().__init__()
        self.says = says
        self.added: list[CacheScope] = []

    def consult(self, request: ChatRequest, *, model_full_id: str) -> Consulted | None:
        return self.says

    def add(self, scope: CacheScope) -> None:
        self.added.append(scope)


async def test_the_door_asks_the_database_only_for_what_may_be_there() -> None:
    new = Consulted(SCOPE, None, "new")
    thread = Thread()
    assert await CacheDoor(thread, known=Told(new)).consult(ask(uuid4()), model_full_id=MODEL) is new
    assert thread.asked == []


@pytest.mark.parametrize("is_kept", [True, False])
async def test_the_door_tells_what_is_kept_and_looks_again_where_nothing_is_known(is_kept: bool) -> None:
    known = Told()
    thread = Thread(Consulted(SCOPE, None, "asked"))
    door = CacheDoor(thread, known=known)
    assert await door.consult(ask(uuid4()), model_full_id=MODEL) is thread.gives
    thread.gives = is_kept
    door.keep(SCOPE, text=ANSWER, usage=USAGE)
    await door.aclose()
    assert thread.asked == [consult, known.load, remember]
    assert known.added == [SCOPE] * is_kept
