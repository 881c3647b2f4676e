"""What is held of kept questions in memory."""

from __future__ import annotations

import numpy as np
import pytest
from django.db.models import BinaryField
from django.db.models.functions import Cast
from pytest_django import Settings

from accounts.models import User
from providers.cache import nearest
from providers.cache.nearest import Nearest, Neighbours, Place, neighbours
from providers.models import CachedResponse
from tests.providers.cache.asking import ask, given, keep, site, verdict

QUESTION = np.ones(256, np.float32)
LIKE = "Please tell me the capital of Austria."


@pytest.mark.django_db
def test_places_where_nothing_is_kept_are_not_held_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest, "MAX_SHELVES", 10)
    held = Neighbours()
    for number in range(30):
        place = Place("site", f"digest {number}", "m", "local")
        assert held.nearest(place, QUESTION, at_least=0.9) == Nearest(0.0, [])
    assert [place.context_digest for place in held._shelves] == [f"digest {number}" for number in range(20, 30)]


@pytest.mark.django_db
def test_of_the_vector_that_tells_its_words_nothing_is_stored_where_content_is_encrypted(
    alice: User, settings: Settings
) -> None:
    """Whoever has the embedder finds them by it."""
    settings.FIELD_ENCRYPTION_KEYS, settings.ENCRYPT_CONTENT = ["a secret, long enough to pass the check"], True
    site()
    keep(ask(alice))
    vector = bytes(CachedResponse.objects.get().embedding or b"")
    assert len(vector) == 512
    stored = CachedResponse.objects.annotate(stored=Cast("embedding", BinaryField())).get().stored
    assert vector not in bytes(stored)
    assert getattr(given(ask(alice, LIKE)), "kind", "") == "semantic"
    neighbours.forget()
    settings.FIELD_ENCRYPTION_KEYS = ["another secret, long enough to pass the check"]
    assert verdict(ask(alice, LIKE)) == "no entry, and no like question"
