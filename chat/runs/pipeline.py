"""The stages of a run, each timed: build context, generate, finalise. What ends a run early is decided here."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass
from typing import assert_never

from django.conf import settings
from django.db import DatabaseError, DataError, IntegrityError
from django.utils import timezone
from django.utils.translation import gettext as _

from chat.context.builder import fit_history
from chat.fragments import ended_foot, live_foot
from chat.models import Message, Run
from chat.runs.database import Database
from chat.runs.finish import OUR_FAULT, RunResult, finish_run
from chat.runs.leases import LeaseLost
from chat.runs.live import Interruption, LiveRun
from chat.runs.load import LoadedRun
from convoscope.errors import AppError
from providers.actions.attempts import AttemptRecord
from providers.contract import (
    AttemptStarted,
    ChatRequest,
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
from providers.errors import ProviderError
from providers.gateway import Gateway
from providers.models import Attempt

logger = logging.getLogger(__name__)

SAVE_RETRY_FIRST_S = 0.5
SAVE_RETRY_MAX_S = 15.0


@dataclass(slots=True)
class Generation:
    """What the gateway said about this answer besides its text."""

    attempt: AttemptRecord | None = None
    finished: Finished | None = None
    error: AppError | None = None


class Pipeline:
    def __init__(self, *, gateway: Gateway, database: Database) -> None:
        self._gateway = gateway
        self._database = database
        self._loop = asyncio.get_running_loop()

    async def answer(self, live: LiveRun, loaded: LoadedRun) -> None:
        """Take a claimed run to its end, or to where it was interrupted.

        Raises: LeaseLost, when another process has the run; nothing more may be written or shown then.
        """
        generation = Generation()
        with suppress(ProviderError):  # the gateway refuses the model in its own words
            await self._gateway.find(str(live.settings["model"]))
        if (refusal := self._refusal(loaded)) is not None:
            generation.error = refusal
        elif loaded.text and not self._can_continue(live):
            live.interrupt("stop")
        else:
            await self._generate(live, self._request(live, loaded), generation)
        if live.interruption == "lost":
            raise LeaseLost(str(live.claim.run_id))
        if live.interruption != "handover":
            await self._finalise(live, loaded, generation)

    async def fail(self, live: LiveRun, loaded: LoadedRun) -> None:
        """End a run that a fault of ours broke: its text is kept, and the person may try again.

        Raises: LeaseLost.
        """
        error = AppError(OUR_FAULT)
        # Not rendered here: the rendering may be what broke. The page renders it when it shows it.
        await self._end(live, _result(live, loaded, Generation(error=error), live.text, ""))

    def _request(self, live: LiveRun, loaded: LoadedRun) -> ChatRequest:
        name = str(live.settings["model"])
        system_prompt = str(live.settings.get("system_prompt", ""))
        try:
            window_tokens = self._gateway.resolve(name).context_window_tokens
        except AppError:
            # The gateway will say so itself, as the run's error.
            window_tokens = 0
        return ChatRequest(
            request_id=live.claim.run_id,
            messages=fit_history(loaded.history, system_prompt=system_prompt, window_tokens=window_tokens),
            model=name,
            temperature=live.settings.get("temperature"),
            max_output_tokens=live.settings.get("max_output_tokens"),
            partial_text=loaded.text,
            first_call_number=loaded.calls + 1,
        )

    def _refusal(self, loaded: LoadedRun) -> AppError | None:
        """Why this run is not tried once more, if so."""
        if loaded.recoveries > settings.RUN_MAX_RECOVERIES:
            return AppError(
                _("The server stopped %(count)d times while answering. What it wrote is kept; try again.")
                % {"count": loaded.recoveries}
            )
        return None

    def _can_continue(self, live: LiveRun) -> bool:
        try:
            return self._gateway.resolve(str(live.settings["model"])).continuation != "none"
        except AppError:
            # The gateway refuses the model in its own words.
            return True

    async def _generate(self, live: LiveRun, request: ChatRequest, generation: Generation) -> None:
        """Stream the answer into the run until it ends, fails or is interrupted."""
        live.mark("context")
        live.generation = asyncio.create_task(self._consume(live, request, generation))
        limit = self._loop.call_later(settings.STREAM_MAX_SECONDS, live.interrupt, "time_limit")
        if live.interruption is not None:
            live.generation.cancel()
        try:
            await live.generation
        except asyncio.CancelledError:
            if live.interruption is None:
                raise
        finally:
            limit.cancel()
            live.mark("generate")

    async def _consume(self, live: LiveRun, request: ChatRequest, generation: Generation) -> None:
        stream = self._gateway.stream(request)
        try:
            async for event in stream:
                self._take(live, event, generation)
        finally:
            await stream.aclose()
            self._close_attempt(live, generation)

    def _take(self, live: LiveRun, event: GatewayEvent, generation: Generation) -> None:
        match event:
            case TextDelta(text):
                is_first = live.first_token_s is None
                live.add_text(text, self._loop.time())
                if is_first and generation.attempt is not None:
                    generation.attempt.first_token_ms = live.elapsed_ms()
                    live.set_phase("answering", live_foot)
            case ReasoningDelta(text):
                if not live.reasoning:
                    live.set_phase("thinking", live_foot)
                live.add_reasoning(text, self._loop.time())
            case AttemptStarted():
                generation.attempt = AttemptRecord(live.claim.run_id, event, timezone.now())
                live.add_attempt(generation.attempt)
                live.message.model, live.message.provider = event.model, event.endpoint
            case Usage():
                if generation.attempt is not None:
                    generation.attempt.usage = event
            case Finished():
                generation.finished = event
            case Failed(error):
                generation.error = error
                if generation.attempt is not None:
                    generation.attempt.error = error
            case Routed() | Retrying() | FellBack():
                pass
            case ToolCall() | ToolCallDelta():
                logger.warning("run %s: the model called a tool although none was offered", live.claim.run_id)
            case _:
                assert_never(event)

    def _close_attempt(self, live: LiveRun, generation: Generation) -> None:
        attempt = generation.attempt
        if attempt is None:
            return
        attempt.duration_ms = live.elapsed_ms()
        if generation.error is not None:
            attempt.outcome = Attempt.Outcome.FAILED
        elif generation.finished is not None:
            attempt.outcome = Attempt.Outcome.COMPLETE
            attempt.finish_reason = generation.finished.reason
            attempt.skipped_chunks = generation.finished.skipped_chunks
        elif live.interruption in ("stop", "time_limit"):
            attempt.outcome = Attempt.Outcome.STOPPED
            attempt.finish_reason = "stopped"
        else:
            attempt.outcome = Attempt.Outcome.ABANDONED

    async def _finalise(self, live: LiveRun, loaded: LoadedRun, generation: Generation) -> None:
        text, html = live.finish_text(self._loop.time())
        result = _result(live, loaded, generation, text, html)
        await self._end(live, result)

    async def _end(self, live: LiveRun, result: RunResult) -> None:
        run = await self._save(live, result)
        # To whoever connects until the end is pushed, the answer is still being written.
        live.push("end", ended_foot(run, live.siblings))

    async def _save(self, live: LiveRun, result: RunResult) -> Run:
        """Write the end of the run, as often as it takes: a full disk or a lost database delays it, never loses it.

        Raises: LeaseLost; DataError or IntegrityError for what no attempt will bring in.
        """
        pause_s = SAVE_RETRY_FIRST_S
        while True:
            try:
                return await self._database.run(finish_run, live.claim, result)
            except (DataError, IntegrityError):
                raise
            except DatabaseError as exc:
                logger.warning("run %s can't be saved yet (%s)", live.claim.run_id, type(exc).__name__)
                live.set_phase("saving", live_foot)
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, SAVE_RETRY_MAX_S)


def _result(live: LiveRun, loaded: LoadedRun, generation: Generation, text: str, html: str) -> RunResult:
    finished, error = generation.finished, generation.error
    usage = generation.attempt.usage if generation.attempt else None
    notices = []
    if finished is not None and finished.skipped_chunks:
        notices.append(
            _("%(count)d unreadable pieces of the answer were left out.") % {"count": finished.skipped_chunks}
        )
    if loaded.recoveries and loaded.text:
        notices.append(_("The server restarted while answering; the text goes on from what was saved."))
    if error is not None:
        status = Message.Status.FAILED
    else:
        status = Message.Status.STOPPED if live.interruption else Message.Status.COMPLETE
    return RunResult(
        status=status,
        text=text,
        html=html,
        reasoning="".join(live.reasoning),
        finish_reason=_finish_reason(finished, live.interruption),
        model=live.message.model,
        provider=live.message.provider,
        input_tokens=usage.input_tokens if usage else None,
        output_tokens=usage.output_tokens if usage else None,
        error_code=error.code if error else "",
        error_message=error.user_message if error else "",
        notices=tuple(notices),
        timings=live.timings(),
        attempts=tuple(live.attempts),
    )


def _finish_reason(finished: Finished | None, interruption: Interruption | None) -> str:
    if interruption == "time_limit":
        return "time_limit"
    if interruption == "stop":
        return "stopped"
    return finished.reason if finished else ""
