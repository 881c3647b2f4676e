"""What a dead process left open: booked once, by what is known to be missing from the books."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import User
from providers.actions.attempts import AttemptRecord, abandon_attempts, save_attempts
from providers.catalog import load_catalog
from providers.contract import AttemptStarted, CallReason, ChatRequest, Model, Payer, Source
from providers.models import Attempt, UsageRecord
from providers.tokens import count_text_tokens, estimate_input_tokens
from tests.support.stage import ASKED

pytestmark = pytest.mark.django_db
SOL, SONNET = "openai/gpt-6.1-sol", "anthropic/claude-sonnet-5-5"
BEGUN, REST = "The harbour lay quiet before dawn. " * 40, "Two boats slipped their moorings. " * 10


def model_of(full_id: str) -> Model:
    return load_catalog().entries[full_id].model


@pytest.fixture
def asked(alice: User) -> ChatRequest:
    return replace(ASKED, request_id=uuid4(), payer=Payer(alice.id))


def record(
    request: ChatRequest,
    number: int,
    full_id: str,
    *,
    reason: CallReason = "first",
    source: Source = "provider",
    ended: str = Attempt.Outcome.RUNNING,
    received: str = "",
) -> AttemptRecord:
    endpoint, _, model = full_id.partition("/")
    started = AttemptStarted(number, endpoint, model, reason, source)
    made = AttemptRecord(request, started, timezone.now(), outcome=ended)
    made.received = [received] if received else []
    return made


def lines() -> list[UsageRecord]:
    return list(UsageRecord.objects.order_by("call_number"))


def test_it_used_its_input_and_what_was_saved_of_its_answer(asked: ChatRequest) -> None:
    save_attempts([record(asked, 1, SOL)])
    abandon_attempts(asked, received=BEGUN)
    [line] = lines()
    assert (line.outcome, line.source, line.is_estimated) == ("abandoned", "provider", True)
    assert line.input_tokens == estimate_input_tokens(asked, model_of(SOL))
    assert line.output_tokens == count_text_tokens(BEGUN, model=model_of(SOL))
    assert line.cost_nanousd
    abandon_attempts(asked, received=BEGUN)
    assert lines() == [line]


@pytest.mark.parametrize(("first", "second"), [(SOL, SOL), (SOL, SONNET), (SONNET, SOL)])
def test_what_an_earlier_call_wrote_is_not_booked_twice(asked: ChatRequest, first: str, second: str) -> None:
    """Although each model counts the text in tokens of its own, some in a third more."""
    save_attempts([record(asked, 1, first, ended="failed", received=BEGUN)])
    save_attempts([record(asked, 2, second, reason="fallback")])
    abandon_attempts(asked, received=BEGUN + REST)
    [earlier, line] = lines()
    assert earlier.output_tokens == count_text_tokens(BEGUN, model=model_of(first))
    # Each count is rounded up.
    assert abs(line.output_tokens - count_text_tokens(REST, model=model_of(second))) <= 2


def test_of_several_the_last_was_under_way(asked: ChatRequest) -> None:
    save_attempts([record(asked, 1, SOL), record(asked, 2, SONNET, reason="fallback")])
    abandon_attempts(asked, received=REST)
    assert [line.output_tokens for line in lines()] == [0, count_text_tokens(REST, model=model_of(SONNET))]


@pytest.mark.parametrize(("reason", "source"), [("cache", "cache"), ("shared", "shared"), ("first", "own_key")])
def test_what_cost_the_site_nothing_still_does(asked: ChatRequest, reason: CallReason, source: Source) -> None:
    """No provider was asked for it, or one with a key of the person's own."""
    save_attempts([record(asked, 1, SOL, reason=reason, source=source)])
    abandon_attempts(asked, received=BEGUN)
    [line] = lines()
    assert (line.source, line.cost_nanousd) == (source, 0)
    assert line.saved_nanousd
