"""Each test begins and ends in the site's language."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.utils.translation import activate

from accounts.models import User


@pytest.fixture(autouse=True)
def _site_language() -> Iterator[None]:
    activate(settings.LANGUAGE_CODE)
    yield
    activate(settings.LANGUAGE_CODE)


@pytest.fixture
def chi(alice: User) -> User:
    """Alice, who reads Vietnamese."""
    alice.language = "vi"
    alice.save(update_fields=["language"])
    return alice
