"""Whatever the endpoints do: a request ends once, says everything once, and asks nobody too often or too late."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

from django.test import override_settings
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from providers.contract import (
    AttemptStarted,
    ChatRequest,
    Failed,
    FellBack,
    Finished,
    ReasoningDelta,
    Retrying,
    TextDelta,
)
from providers.errors import (
    AuthenticationFailed,
    ContentFiltered,
    ContextTooLong,
    InvalidRequest,
    ModelNotFound,
    ProviderError,
    ProviderTimeout,
    ProviderUnavailable,
    QuotaExhausted,
    RateLimited,
    StreamInterrupted,
)
from tests.support.stage import (
    ASKED,
    CHAIN,
    FINISHED,
    Stage,
    Step,
    Takes,
    all_of,
    started,
    text_of,
)

TEXT = (
    "The harbour lay quiet before dawn while two boats slipped their moorings; nobody spoke, gulls circled above "
    "every mast, and somewhere behind the warehouses a lorry coughed twice. Jákub counted crates: forty-one, minus "
    "whatever yesterday's storm had taken.\n\nThen the engine caught."
)
FAULTS = (
    ProviderUnavailable,
    ProviderTimeout,
    RateLimited,
    AuthenticationFailed,
    QuotaExhausted,
    ModelNotFound,
    ContextTooLong,
    ContentFiltered,
    InvalidRequest,
)


@dataclass(frozen=True)
class Turn:
    """What one call does: so much of the text still missing, in so many pieces, then a fault or the end."""

    chars: int
    pieces: int
    repeats: int
    fault: type[ProviderError] | None
    retry_after_s: float | None
    takes_s: float
    reasons: bool

    def play(self, request: ChatRequest) -> list[Step]:
        shown = request.partial_text
        # A repetition that is not long enough to be told from a meant one isn't a cooperative model's.
        start = len(shown) - (self.repeats if len(shown) >= self.repeats >= 40 else 0)
        end = len(TEXT) if self.fault is None else min(len(shown) + self.chars, len(TEXT))
        said = TEXT[start:end]
        size = max(1, len(said) // self.pieces)
        steps: list[Step] = [Takes(self.takes_s)]
        steps += [ReasoningDelta("Hm.")] if self.reasons else []
        steps += [TextDelta(said[place : place + size]) for place in range(0, len(said), size)]
        if self.fault is None:
            return [*steps, *FINISHED]
        return [*steps, self.fault("No.", retry_after_s=self.retry_after_s)]


turns = st.builds(
    Turn,
    chars=st.one_of(st.just(0), st.integers(0, 120)),
    pieces=st.integers(1, 12),
    repeats=st.integers(0, 90),
    fault=st.one_of(st.none(), st.sampled_from(FAULTS)),
    retry_after_s=st.one_of(st.none(), st.floats(0, 200)),
    takes_s=st.one_of(st.just(0.0), st.floats(0, 200)),
    reasons=st.booleans(),
)


class Endless:
    """Turns for as many calls as are made."""

    def __init__(self, drawn: list[Turn]) -> None:
        self._drawn = drawn
        self._count = 0

    def __call__(self, request: ChatRequest) -> list[Step]:
        turn = self._drawn[self._count % len(self._drawn)]
        self._count += 1
        return turn.play(request)


@given(
    scripts=st.lists(st.lists(turns, min_size=1, max_size=6), min_size=1, max_size=4),
    retries=st.integers(0, 3),
    shown=st.integers(0, 60),
)
@hypothesis_settings(deadline=None)
def test_a_request_ends_once_and_says_everything_once(scripts: list[list[Turn]], retries: int, shown: int) -> None:
    stage = Stage()
    names = CHAIN[: len(scripts)]
    for name, drawn in zip(names, scripts, strict=True):
        play: Callable[[ChatRequest], list[Step]] = Endless(drawn)
        stage.will(name, *[play] * 20)
    with override_settings(LLM_MAX_RETRIES=retries, LLM_TIMEOUT=120.0, STREAM_MAX_SECONDS=300):
        events = asyncio.run(all_of(stage.gateway(*names), replace(ASKED, partial_text=TEXT[:shown])))
    ends = [event for event in events if isinstance(event, Finished | Failed)]
    assert ends == [events[-1]]
    joined = TEXT[:shown] + text_of(events)
    assert joined == TEXT if isinstance(events[-1], Finished) else TEXT.startswith(joined)
    # Every call is closed: by the event that tells of its failure, or by the end.
    marks = [e for e in events if isinstance(e, AttemptStarted | Retrying | FellBack | Finished | Failed)]
    assert all(isinstance(one, AttemptStarted) != isinstance(other, AttemptStarted) for one, other in pairwise(marks))
    assert [number for number, _, _ in started(events)] == list(range(1, len(stage.calls) + 1))
    assert stage.open_calls == 0
    itself = [e for e in events if isinstance(e, Retrying) and isinstance(e.error, StreamInterrupted)]
    assert len(itself) <= 1
    for name in names:
        own = [e for e in itself if e.endpoint == name]
        assert stage.called.count(name) <= retries + 1 + len(own)
    # What has begun may be gone on with for as long as a stream may take.
    latest_s = 1_000.0 + (300.0 if joined else 120.0)
    assert all(call.at_s <= latest_s for call in stage.calls[1:])
