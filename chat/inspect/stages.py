"""The waterfall's stretches: when each stage and each call of a request began and ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chat.inspect.parts import InspectedAttempt, Stage
from chat.inspect.words import STAGES, in_words

# In a run's timings beside the ends of its stages.
NOT_STAGES = ("first_token_ms",)


def stage_ends(timings: dict[str, Any]) -> list[tuple[str, int]]:
    """The stages of a run's timings with their ends since the claim, in the order of these."""
    ends = [
        (key.removesuffix("_ms"), round(value))
        for key, value in timings.items()
        if key.endswith("_ms") and key not in NOT_STAGES and isinstance(value, int | float)
    ]
    return sorted(ends, key=lambda end: end[1])


def stages_of(
    *,
    claimed_ms: int,
    ends: Sequence[tuple[str, int]],
    attempts: Sequence[InspectedAttempt],
    end_ms: int,
    is_over: bool,
) -> tuple[Stage, ...]:
    """Queue, the timed stages with the calls under the one that made them, and what saving took.

    `claimed_ms` is when work began, `end_ms` when the request was over or, of one that is running, how far it is.
    """
    stages = [_stage("queue", 0, claimed_ms)] if claimed_ms else []
    calls = [_call(attempt, end_ms) for attempt in attempts]
    start_ms = claimed_ms
    for name, since_claim_ms in ends:
        stage = _stage(name, start_ms, max(start_ms, claimed_ms + since_claim_ms))
        stages.append(stage)
        if name == "generate":
            stages += calls
            calls = []
        start_ms = stage.end_ms
    # Of a run without timings, such as one that is going on, the calls alone are known.
    stages += calls
    if ends and is_over and end_ms > start_ms:
        stages.append(_stage("save", start_ms, end_ms))
    return tuple(stages)


def _stage(name: str, start_ms: int, end_ms: int) -> Stage:
    return Stage(name=name, label=in_words(STAGES, name), start_ms=start_ms, end_ms=end_ms)


def _call(attempt: InspectedAttempt, latest_ms: int) -> Stage:
    first_ms = None if attempt.first_token_ms is None else attempt.start_ms + attempt.first_token_ms
    is_open = attempt.duration_ms is None
    end_ms = attempt.start_ms + (attempt.duration_ms or 0)
    return Stage(
        name="attempt",
        label=attempt.full_id,
        start_ms=max(0, attempt.start_ms - attempt.wait_ms),
        end_ms=max(end_ms, first_ms or 0, latest_ms if is_open else 0),
        call_number=attempt.number,
        called_ms=attempt.start_ms,
        first_token_ms=first_ms,
        outcome=attempt.outcome,
        is_open=is_open,
    )
