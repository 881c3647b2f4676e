"""Answers of every shape that Inspect meets, written as rows: question, answer, run, calls, routing, ledger."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from django.utils import timezone
from uuid_utils.compat import uuid7

from accounts.models import User
from chat.models import Conversation, Message, Run
from providers.models import Attempt, PriceVersion, RoutingDecision, UsageRecord

QUESTION = "Why did our p99 double after the pool change?"
TEXT = "Look at queueing inside the database first."
SYSTEM_PROMPT = "You answer for the payments team."
WIRE = {
    "model": "gpt-4.1",
    "messages": [{"role": "system", "content": SYSTEM_PROMPT}, {"role": "user", "content": QUESTION}],
}


@dataclass
class Call:
    """One call; `at_ms` from the question."""

    at_ms: int
    endpoint: str = "openai"
    model: str = "gpt-4.1"
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass
class Line:
    """One line of the ledger, under the number of its call."""

    call_number: int
    cost_nanousd: int | None
    fields: dict[str, Any] = field(default_factory=dict)


def make_conversation(owner: User, title: str = "Why our p99 doubled") -> Conversation:
    return Conversation.objects.create(
        owner=owner, title=title, active_at=timezone.now(), settings={"system_prompt": SYSTEM_PROMPT}
    )


def make_answer(
    owner: User,
    *,
    status: str = "complete",
    took_ms: int | None = 13_000,
    timings: dict[str, Any] | None = None,
    calls: Sequence[Call] = (),
    lines: Sequence[Line] = (),
    conversation: Conversation | None = None,
    parent: Message | None = None,
    message_fields: dict[str, Any] | None = None,
    run_fields: dict[str, Any] | None = None,
) -> Run:
    """A question of the owner and its answer; the answer's run. A run that took None is still going on."""
    conversation = conversation or make_conversation(owner)
    question = Message.objects.create(conversation=conversation, role="user", text=QUESTION, parent=parent)
    answer = Message.objects.create(
        conversation=conversation,
        role="assistant",
        parent=question,
        status=status if took_ms is not None else "streaming",
        **{"text": TEXT, "html": f"<p>{TEXT}</p>", "parts": [{"type": "text", "text": TEXT}], "model": "gpt-4.1"}
        | {"render_version": 1, "output_tokens": 812, "input_tokens": 1204}
        | (message_fields or {}),
    )
    conversation.active_leaf = answer
    conversation.save()
    return make_run(
        answer, status=status, took_ms=took_ms, timings=timings, calls=calls, lines=lines, **run_fields or {}
    )


def make_run(
    answer: Message,
    *,
    status: str = "complete",
    took_ms: int | None = 13_000,
    timings: dict[str, Any] | None = None,
    calls: Sequence[Call] = (),
    lines: Sequence[Line] = (),
    **fields: Any,
) -> Run:
    asked_at = timezone.now() - timedelta(minutes=2)
    run = Run.objects.create(
        message=answer,
        settings={"model": "openai/gpt-4.1", "system_prompt": SYSTEM_PROMPT},
        status=status if took_ms is not None else "running",
        timings=timings or {},
        started_at=asked_at + timedelta(milliseconds=8),
        finished_at=None if took_ms is None else asked_at + timedelta(milliseconds=took_ms),
        **fields,
    )
    Run.objects.filter(id=run.id).update(created_at=asked_at)
    run.created_at = asked_at
    make_calls(run.id, asked_at, calls)
    make_lines(run.id, lines)
    return run


def make_calls(request_id: UUID, asked_at: datetime, calls: Sequence[Call]) -> list[Attempt]:
    return Attempt.objects.bulk_create(
        Attempt(
            request_id=request_id,
            call_number=number,
            endpoint=call.endpoint,
            model=call.model,
            started_at=asked_at + timedelta(milliseconds=call.at_ms),
            **{"reason": "first" if number == 1 else "retry", "outcome": "complete"} | call.fields,
        )
        for number, call in enumerate(calls, 1)
    )


def make_lines(request_id: UUID, lines: Sequence[Line]) -> None:
    price = PriceVersion.objects.create(
        full_id="openai/gpt-4.1", input_usd="2.00", output_usd="8.00", cached_usd="0.50"
    )
    UsageRecord.objects.bulk_create(
        UsageRecord(
            request_id=request_id,
            call_number=line.call_number,
            cost_nanousd=line.cost_nanousd,
            created_at=timezone.now(),
            price=None if line.cost_nanousd is None else price,
            **{"feature": "chat", "endpoint": "openai", "model": "gpt-4.1", "outcome": "complete"}
            | {"input_tokens": 1204, "output_tokens": 406}
            | line.fields,
        )
        for line in lines
    )


def kept(request: object) -> bytes:
    """A request as it is kept."""
    return zlib.compress(orjson.dumps(request))


# The shapes


def make_plain(owner: User, **given: Any) -> Run:
    """One call that came to its end."""
    call = Call(
        40, fields=_ended(410, 12_900) | {"output_tokens": 812, "input_tokens": 1204, "wire_request": kept(WIRE)}
    )
    pace = [0] * 4 + [6, 7, 5, 6, 8, 7, 6] * 17 + [3, 2, 1]
    timings = {
        "guard_ms": 4,
        "context_ms": 31,
        "generate_ms": 12_940,
        "first_token_ms": 450,
        "tokens": 812,
        "trace": pace,
    }
    lines = [Line(1, 8_904_000, {"output_tokens": 812})]
    run = make_answer(owner, **{"timings": timings, "calls": [call], "lines": lines} | given)
    decide(run.id)
    return run


def make_switched(owner: User, **given: Any) -> Run:
    """A retry, then a fallback in mid-stream: three calls, two of which were paid."""
    calls = [
        Call(40, fields=_failed("RATE_LIMIT_EXCEEDED", "429 rate_limit_exceeded: Rate limit reached for gpt-4.1", 320)),
        Call(
            2_370,
            fields=_failed("LLM_PROVIDER_ERROR", "stream ended without [DONE]", 3_650, first_ms=520)
            | {"wait_ms": 2_010, "output_tokens": 301, "wire_request": kept(WIRE)},
        ),
        Call(
            6_080,
            "anthropic",
            "claude-sonnet-5",
            _ended(390, 6_820)
            | {"reason": "fallback", "wire_request": kept(WIRE), "output_tokens": 511, "skipped_chunks": 1},
        ),
    ]
    pace = [0] * 29 + [7, 9, 8, 8, 10, 9, 9, 8] * 4 + [0] * 4 + [5, 8, 9, 8, 7, 9, 8, 8] * 8 + [2]
    timings = {
        "guard_ms": 4,
        "context_ms": 31,
        "generate_ms": 12_940,
        "first_token_ms": 2_890,
        "tokens": 812,
        "trace": pace,
        "marks": [
            {"at_ms": 360, "kind": "retry", "label": "OpenAI is rate-limited, retrying in 2 s"},
            {"at_ms": 6_040, "kind": "switch", "label": "Switched to Anthropic: OpenAI broke off"},
        ],
    }
    lines = [
        Line(2, 4_816_000, {"output_tokens": 301, "outcome": "failed", "is_estimated": True}),
        Line(
            3,
            9_012_345,
            {"output_tokens": 511, "endpoint": "anthropic", "model": "claude-sonnet-5", "cached_tokens": 1024},
        ),
    ]
    notice = {"type": "notice", "text": "Switched to Anthropic: OpenAI broke off. The text goes on where it was."}
    message = {"parts": [{"type": "text", "text": TEXT}, notice], "model": "claude-sonnet-5"}
    run = make_answer(owner, **{"timings": timings, "calls": calls, "lines": lines, "message_fields": message} | given)
    decide(run.id)
    return run


def make_failed(owner: User, **given: Any) -> Run:
    """Every call failed; nothing was written."""
    calls = [
        Call(40, fields=_failed("RATE_LIMIT_EXCEEDED", "429 rate_limit_exceeded: Rate limit reached for gpt-4.1", 210)),
        Call(
            1_400,
            "anthropic",
            "claude-sonnet-5",
            _failed("LLM_PROVIDER_ERROR", "401 authentication_error: invalid x-api-key", 190) | {"reason": "fallback"},
        ),
    ]
    timings = {
        "context_ms": 31,
        "generate_ms": 1_600,
        "first_token_ms": None,
        "tokens": 0,
        "trace": [],
        "marks": [{"at_ms": 1_590, "kind": "fail", "label": "Anthropic refused the key of this site."}],
    }
    message: dict[str, Any] = {"text": "", "html": "", "parts": [], "output_tokens": None, "input_tokens": None}
    run_fields = {"error_code": "LLM_PROVIDER_ERROR", "error_message": "No provider could answer."}
    fields: dict[str, Any] = {"status": "failed", "took_ms": 1_640, "timings": timings, "calls": calls}
    run = make_answer(owner, **fields | {"message_fields": message, "run_fields": run_fields} | given)
    decide(run.id)
    return run


def decide(request_id: UUID, *, cache: str = "Nothing stored answers this.", considered: object = None) -> None:
    RoutingDecision.objects.create(
        request_id=request_id,
        asked="openai/gpt-4.1",
        reason="It was asked for by name.",
        cache=cache,
        considered=considered
        or [
            {"full_id": "openai/gpt-4.1", "why": "asked for", "excluded": ""},
            {"full_id": "anthropic/claude-sonnet-5", "why": "equivalent at another provider", "excluded": ""},
            {
                "full_id": "gemini/gemini-3-pro",
                "why": "equivalent at another provider",
                "excluded": "its breaker is open",
            },
            {"full_id": "openrouter/openai/gpt-4.1", "why": "the same model through OpenRouter", "excluded": ""},
        ],
    )


def make_title_request() -> UUID:
    """A request without a run."""
    request_id = uuid7()
    make_calls(request_id, timezone.now(), [Call(0, fields=_failed("LLM_TIMEOUT", "no first token in 30 s", 30_000))])
    make_lines(request_id, [Line(1, 12_000, {"feature": "title"})])
    return request_id


def _ended(first_ms: int, took_ms: int) -> dict[str, Any]:
    return {"first_token_ms": first_ms, "duration_ms": took_ms, "finish_reason": "complete"}


def _failed(code: str, detail: str, took_ms: int, first_ms: int | None = None) -> dict[str, Any]:
    failure = {"outcome": "failed", "error_code": code, "error_detail": detail}
    return failure | {"duration_ms": took_ms, "first_token_ms": first_ms}
