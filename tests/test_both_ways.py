"""The suite runs on PostgreSQL and Redis too. `make test` did that before this run and left word of how it ended."""

from __future__ import annotations

import os

import pytest
from django.conf import settings

from tests.support.suite import OUTCOME


@pytest.mark.skipif(not settings.IS_EMBEDDED, reason="is this run")
def test_the_suite_on_postgresql_and_redis() -> None:
    outcome = os.environ.get(OUTCOME, "not run: `make test` runs both ways")
    if outcome.startswith("not run"):
        pytest.skip(f"the suite on PostgreSQL and Redis was {outcome}")
    assert outcome == "passed"
