"""How much is kept, and what goes first."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from accounts.models import User
from providers.cache import bounds
from providers.cache.bounds import is_look_due, make_room, sweep
from providers.cache.digest import text_digest
from providers.models import CachedResponse
from providers.tasks import sweep_cached_responses
from tests.providers.cache.asking import ask, given, keep, site

pytestmark = pytest.mark.django_db


def fill(count: int, *, size_bytes: int = 1_000, is_like: bool = False, first: int = 0, expired: bool = False) -> None:
    """Rows of which the first was used last the longest time ago."""
    now = timezone.now()
    CachedResponse.objects.bulk_create(
        CachedResponse(
            scope="site",
            model="m",
            request_digest=f"{number:064}",
            text=str(number),
            size_bytes=size_bytes,
            embedding=b"" if is_like else None,
            input_tokens=0,
            output_tokens=0,
            cached_tokens=0,
            reasoning_tokens=0,
            cache_write_tokens=0,
            created_at=now,
            exact_until=now,
            expires_at=now + timedelta(hours=-1 if expired else 1),
            last_used_at=now - timedelta(days=30) + timedelta(seconds=number),
        )
        for number in range(first, first + count)
    )


def left() -> list[int]:
    return sorted(int(text) for text in CachedResponse.objects.values_list("text", flat=True))


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bounds themselves are data, so a test may bring them down to its size."""
    monkeypatch.setattr(bounds, "MAX_ENTRIES", 20)
    monkeypatch.setattr(bounds, "MAX_LIKE_ENTRIES", 10)
    monkeypatch.setattr(bounds, "MAX_BYTES", 30_000)
    monkeypatch.setattr(bounds, "REMOVED_AT_ONCE", 4)
    monkeypatch.setattr(bounds, "LOOKS_EVERY", 1)


@pytest.mark.usefixtures("_small")
def test_within_the_bounds_nothing_goes() -> None:
    fill(10)
    fill(10, is_like=True, first=10)
    assert make_room() == 0


def test_one_insert_in_sixteen_looks_for_room() -> None:
    digests = [text_digest(str(number)) for number in range(1_600)]
    assert 60 < sum(is_look_due(digest) for digest in digests) < 150


@pytest.mark.usefixtures("_small")
def test_the_least_recently_used_go_first() -> None:
    fill(23)
    assert make_room() == 3
    assert left() == list(range(3, 23))


@pytest.mark.usefixtures("_small")
def test_as_many_bytes_as_are_too_much() -> None:
    fill(10, size_bytes=3_500)
    assert make_room() == 2
    assert left() == list(range(2, 10))


@pytest.mark.usefixtures("_small")
def test_of_those_with_a_vector_there_is_a_bound_of_its_own() -> None:
    fill(5)
    fill(12, is_like=True, first=5)
    assert make_room() == 2
    assert left() == [0, 1, 2, 3, 4, *range(7, 17)]


@pytest.mark.usefixtures("_small")
def test_one_insert_removes_a_bounded_number_and_the_sweep_the_rest(alice: User) -> None:
    fill(40)
    keep(ask(alice))
    assert CachedResponse.objects.count() == 37
    assert given(ask(alice)) is not None
    sweep_cached_responses()
    assert CachedResponse.objects.count() == 20
    assert given(ask(alice)) is not None


@pytest.mark.usefixtures("_small")
def test_inserts_keep_within_the_bounds(alice: User) -> None:
    site()
    for number in range(25):
        keep(ask(alice, f"What is {number} + 1?"))
        like = CachedResponse.objects.filter(embedding__isnull=False).count()
        assert like == min(number + 1, 10)
    assert given(ask(alice, "What is 24 + 1?")) is not None
    assert given(ask(alice, "What is 14 + 1?")) is None


@pytest.mark.usefixtures("_small")
def test_what_was_used_stays(alice: User) -> None:
    fill(20)
    CachedResponse.objects.filter(text="0").update(last_used_at=timezone.now())
    keep(ask(alice), "20")
    assert left() == [0, *range(2, 21)]


@pytest.mark.usefixtures("_small")
def test_the_sweep_removes_what_has_expired() -> None:
    fill(9, expired=True)
    fill(3, first=9)
    assert sweep() == 9
    assert left() == [9, 10, 11]
    assert sweep() == 0


def test_the_bounds_that_are_promised() -> None:
    assert bounds.MAX_LIKE_ENTRIES == 10_000
    assert bounds.MAX_BYTES == 64 * 2**20


def test_the_sweep_is_on_the_schedule(settings: object) -> None:
    schedule = getattr(settings, "CELERY_BEAT_SCHEDULE")  # noqa: B009 - the settings have no type
    assert schedule["sweep-cached-responses"]["task"] == sweep_cached_responses.name


def test_the_size_of_a_row_is_that_of_what_it_keeps(alice: User) -> None:
    site()
    keep(ask(alice), "é" * 100)
    assert CachedResponse.objects.get().size_bytes == 200 + 512 + bounds.ROW_BYTES
    assert isinstance(CachedResponse.objects.get().id, UUID)
