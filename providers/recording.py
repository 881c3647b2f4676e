"""Keeps the books of one request while the gateway's events pass: its calls, and what each used."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

from django.utils import timezone

from providers.actions.attempts import AttemptRecord
from providers.contract import (
    AttemptStarted,
    ChatRequest,
    Dropped,
    Failed,
    FellBack,
    Finished,
    GatewayEvent,
    ReasoningDelta,
    Retrying,
    Routed,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    Usage,
)
from providers.errors import AllCandidatesFailed, ProviderError
from providers.models import Attempt


class Recorder:
    """`take` every event, then `close` once if the stream was ended early. `records` are in the order of the calls."""

    def __init__(self, request: ChatRequest, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.routed: Routed | None = None
        self.records: list[AttemptRecord] = []
        self.finished: Finished | None = None
        self.error: ProviderError | None = None
        self._request = request
        self._clock = clock
        self._open: AttemptRecord | None = None
        self._text: list[str] = []
        self._started_s: dict[int, float] = {}
        self._wait_s = 0.0

    @property
    def last(self) -> AttemptRecord | None:
        return self.records[-1] if self.records else None

    @property
    def answering(self) -> AttemptRecord | None:
        """The call under way; of two that race the later, until one of them is over."""
        return self._open

    def take(self, event: GatewayEvent) -> None:
        match event:
            case TextDelta(text):
                self._text.append(text)
                self._receive(text)
            case ReasoningDelta(text) | ToolCallDelta(arguments=text) | ToolCall(arguments=text):
                self._receive(text)
            case Usage():
                if self._open is not None:
                    self._open.usage = event
            case Routed():
                self.routed = event
            case AttemptStarted():
                self._begin(event)
            case Dropped(call_number, error):
                self._drop(call_number, error)
            case Retrying(error=error, wait_s=wait_s, messages=messages):
                self._wait_s = wait_s
                if messages is not None:
                    self._request = replace(self._request, messages=messages)
                self._end(Attempt.Outcome.FAILED, error=error)
            case FellBack(error=error):
                self._end(Attempt.Outcome.FAILED, error=error)
            case Finished(reason, skipped_chunks):
                self.finished = event
                if self._open is not None:
                    self._open.finish_reason, self._open.skipped_chunks = reason, skipped_chunks
                self._end(Attempt.Outcome.COMPLETE)
            case Failed(error):
                self.error = error
                # Of the error that stands for all calls, this one's is the last.
                own = error.causes[-1][1] if isinstance(error, AllCandidatesFailed) else error
                self._end(Attempt.Outcome.FAILED, error=own)
            case _:
                assert_never(event)

    def close(self, outcome: Attempt.Outcome) -> None:
        """The stream was closed before its end: stopped by the person, or left to another process."""
        for record in self.records:
            if record.ended_at is None:
                self._open = record
                record.finish_reason = "stopped" if outcome == Attempt.Outcome.STOPPED else None
                self._end(outcome)

    def _begin(self, started: AttemptStarted) -> None:
        # A call that goes on is given what was said so far, and pays for it.
        request = replace(self._request, partial_text=self._request.partial_text + "".join(self._text))
        self._open = AttemptRecord(request, started, timezone.now(), wait_ms=round(self._wait_s * 1000))
        self.records.append(self._open)
        self._started_s[started.call_number] = self._clock()
        self._wait_s = 0.0

    def _drop(self, call_number: int, error: ProviderError | None) -> None:
        """End one of two calls that raced; from here on everything is said by the other."""
        others = [record for record in self.records if record.ended_at is None]
        dropped = next(record for record in others if record.started.call_number == call_number)
        self._open = dropped
        self._end(Attempt.Outcome.FAILED if error else Attempt.Outcome.ABANDONED, error=error)
        self._open = next((record for record in others if record is not dropped), None)

    def _receive(self, text: str) -> None:
        record = self._open
        if record is None:
            return
        if record.first_token_ms is None:
            record.first_token_ms = self._elapsed_ms(record)
        record.received.append(text)

    def _end(self, outcome: Attempt.Outcome, *, error: ProviderError | None = None) -> None:
        record, self._open = self._open, None
        if record is not None:
            record.outcome, record.error = outcome, error
            record.duration_ms = self._elapsed_ms(record)
            record.ended_at = timezone.now()

    def _elapsed_ms(self, record: AttemptRecord) -> int:
        return round((self._clock() - self._started_s[record.started.call_number]) * 1000)
