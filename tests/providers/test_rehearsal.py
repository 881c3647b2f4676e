"""Rehearsals: each failure end to end, through the real gateway and SDK."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from providers.models import Attempt, UsageRecord
from providers.rehearsal import FAULTS, FaultName, rehearse

NOBODY_GOES_ON = ("refused-content", "too-long")


@pytest.mark.parametrize("name", [name for name in FAULTS if name not in NOBODY_GOES_ON])
def test_with_a_stand_in_the_answer_is_whole(name: FaultName, settings: Settings) -> None:
    outcome = rehearse(name)
    assert outcome.is_whole, outcome
    assert not outcome.error
    assert outcome.steps[-1].kind == "ok"


def test_content_that_is_refused_goes_to_nobody_else() -> None:
    outcome = rehearse("refused-content")
    assert [step.kind for step in outcome.steps] == ["ok", "failed"]
    assert "refused this content" in outcome.error


@pytest.mark.parametrize("name", ["wrong-key", "server-error", "web-page", "cut"])
def test_alone_the_failure_is_said(name: FaultName) -> None:
    outcome = rehearse(name, with_stand_in=False)
    assert not outcome.is_whole
    assert outcome.error
    assert outcome.steps[-1].kind == "failed"
    # What was shown before a cut stays.
    assert bool(outcome.text) == (name == "cut")


@pytest.mark.django_db
def test_nothing_of_it_is_stored() -> None:
    rehearse("cut")
    assert not Attempt.objects.exists()
    assert not UsageRecord.objects.exists()


def test_the_command_tells_each_step() -> None:
    out = StringIO()
    call_command("provoke", "wrong-key", stdout=out)
    assert "Call 1:" in out.getvalue()
    assert "refused this site's key; switched to The stand-in" in out.getvalue()
    assert "HTTP 401 invalid_api_key" in out.getvalue()


def test_the_command_fails_where_nobody_answered() -> None:
    with pytest.raises(CommandError, match="refused the key"):
        call_command("provoke", "wrong-key", "--alone", stdout=StringIO())
