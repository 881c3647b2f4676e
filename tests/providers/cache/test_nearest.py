"""What is held of kept questions in memory."""

from __future__ import annotations

import numpy as np
import pytest

from providers.cache import nearest
from providers.cache.nearest import Nearest, Neighbours, Place

QUESTION = np.ones(256, np.float32)


@pytest.mark.django_db
def test_places_where_nothing_is_kept_are_not_held_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest, "MAX_SHELVES", 10)
    neighbours = Neighbours()
    for number in range(30):
        place = Place("site", f"digest {number}", "m", "local")
        assert neighbours.nearest(place, QUESTION, at_least=0.9) == Nearest(0.0, [])
    assert [place.context_digest for place in neighbours._shelves] == [f"digest {number}" for number in range(20, 30)]
