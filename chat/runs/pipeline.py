"""The stages of a run, each timed: build context, generate, finalise. What ends a run early is decided here."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from math import ceil
from typing import Any, assert_never

from django.conf import settings
from django.db import DatabaseError, DataError, IntegrityError
from django.utils.translation import gettext as _

from chat.context.builder import BuiltContext, build_context
from chat.fragments import ended_foot, live_foot
from chat.models import Run
from chat.runs.asking_back import AskingBack, intent_of
from chat.runs.database import Database
from chat.runs.finish import finish_run
from chat.runs.guarding import Outgoing, RunGuard
from chat.runs.leases import LeaseLost
from chat.runs.live import LiveRun
from chat.runs.load import LoadedRun, request_of
from chat.runs.result import RunResult, run_result
from chat.runs.saving import until_saved
from chat.understanding.standalone import standalone_question
from convoscope.errors import AppError
from providers.contract import (
    AttemptStarted,
    ChatMessage,
    ChatRequest,
    Dropped,
    Failed,
    FellBack,
    Finished,
    GatewayEvent,
    Model,
    ReasoningDelta,
    Retrying,
    Rights,
    Routed,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    Usage,
)
from providers.errors import StreamInterrupted
from providers.gateway import Gateway
from providers.ledger import Cost
from providers.models import Attempt
from providers.recording import Recorder
from providers.words import what_failed

logger = logging.getLogger(__name__)


class Pipeline:
    def __init__(self, *, gateway: Gateway, database: Database) -> None:
        self._gateway = gateway
        self._database = database
        self._asking_back = AskingBack(gateway=gateway, database=database)
        self._loop = asyncio.get_running_loop()

    async def answer(self, live: LiveRun, loaded: LoadedRun, guard: RunGuard | None) -> None:
        """Take a claimed run to its end, or to where it was interrupted.

        Raises: LeaseLost, when another process has the run; nothing more may be written or shown then.
        """
        model = await self._model(live, loaded)
        context = await self._built(live, loaded, model)
        request = self._request(live, loaded, context, *await self._outgoing(context, loaded, guard))
        request = replace(request, shorter=lambda: self._shorter(live, loaded, model, context, guard))
        recorder = Recorder(request)
        live.understanding = dict(loaded.run.understanding)
        error: AppError | None = self._refusal(loaded) or context.refusal
        if error is None and (question := live.understanding.get("asked_back")):
            # The process that asked back ended before it could say that it had.
            self._ask_back(live, question[len(loaded.text) :])
        elif error is None and loaded.written and not self._can_continue(live, loaded.rights):
            live.interrupt("stop")
        elif error is None:
            await self._generate(live, self._respond(live, loaded, request, recorder, guard))
            error = recorder.error
            if recorder.finished is not None and live.interruption != "lost":
                # Too late to end it early: the whole answer is here.
                live.interruption = None
        if live.interruption == "lost":
            raise LeaseLost(str(live.claim.run_id))
        if live.interruption != "handover":
            self.show_rest(live, guard)
            error = (guard and guard.refusal) or error
            # Not in front of the first token: nothing that answers depends on it.
            live.understanding = intent_of(loaded) | live.understanding
            text, html = live.finish_text(self._loop.time())
            await self._end(live, loaded, run_result(live, loaded, recorder, error, text=text, html=html))

    async def fail(self, live: LiveRun, loaded: LoadedRun, error: AppError) -> None:
        """End a run that couldn't be worked on to its end: its text is kept, and the person may try again.

        Raises: LeaseLost.
        """
        # Not rendered here: the rendering may be what broke. The page renders it when it shows it.
        context = self._build(live, loaded, await self._model(live, loaded))
        recorder = Recorder(self._request(live, loaded, context, context.messages, loaded.written))
        result = run_result(live, loaded, recorder, error, text=live.text, html="")
        try:
            await self._end(live, loaded, result)
        except (DataError, IntegrityError):
            logger.exception("the calls of run %s can't be stored", live.claim.run_id)
            await self._end(live, loaded, replace(result, attempts=(), routed=None))

    async def _model(self, live: LiveRun, loaded: LoadedRun) -> Model | None:
        return await self._gateway.roomiest(str(live.settings["model"]), loaded.rights)

    async def _built(self, live: LiveRun, loaded: LoadedRun, model: Model | None, **given: int) -> BuiltContext:
        """Where personal data isn't to be cut in half, it is looked for: in a thread."""
        if loaded.policy.masks_for_provider:
            return await self._database.run(self._build, live, loaded, model, **given)
        return self._build(live, loaded, model, **given)

    def _build(
        self, live: LiveRun, loaded: LoadedRun, model: Model | None, *, target_tokens: int | None = None
    ) -> BuiltContext:
        context = build_context(
            loaded.history,
            path_messages=loaded.path_messages,
            summary=loaded.remembered.summary,
            known=loaded.remembered.known,
            about=_asked_about(loaded),
            told_of_person=loaded.told,
            system_prompt=str(live.settings.get("system_prompt", "")),
            partial_text=loaded.written,
            model=model,
            max_output_tokens=live.settings.get("max_output_tokens"),
            target_tokens=target_tokens,
            can_see=loaded.can_see,
            is_masked=loaded.policy.masks_for_provider,
        )
        context = replace(context, report=replace(context.report, is_tainted=loaded.is_tainted))
        live.context = context.report.as_json()
        return context

    async def _shorter(
        self, live: LiveRun, loaded: LoadedRun, model: Model | None, context: BuiltContext, guard: RunGuard | None
    ) -> tuple[ChatMessage, ...] | None:
        """Messages of half as many tokens, for a provider whose window is smaller than we know; None where nothing can
        be left out."""
        report = context.report
        shorter = await self._built(live, loaded, model, target_tokens=max(1, report.remembered_tokens // 2))
        if shorter.messages == context.messages:
            live.context = report.as_json()
            return None
        return (await self._outgoing(shorter, loaded, guard))[0]

    async def _outgoing(self, context: BuiltContext, loaded: LoadedRun, guard: RunGuard | None) -> Outgoing:
        """What the provider is given: the messages, and the beginning of the answer."""
        if context.has_images or (guard is not None and guard.masks):
            return await self._database.run(_outgoing, context.with_images, loaded, guard)
        return _outgoing(lambda: context.messages, loaded, guard)

    def _request(
        self,
        live: LiveRun,
        loaded: LoadedRun,
        context: BuiltContext,
        messages: Sequence[ChatMessage],
        partial_text: str,
    ) -> ChatRequest:
        return request_of(
            live.claim.run_id,
            loaded.run.message,
            live.settings,
            messages,
            keeps_history=context.keeps_history,
            partial_text=partial_text,
            first_call_number=loaded.calls + 1,
            may_use_cache=loaded.may_use_cache,
            payer=loaded.payer,
            rights=loaded.rights,
        )

    def _refusal(self, loaded: LoadedRun) -> AppError | None:
        """Why this run is not tried once more, if so."""
        if loaded.run.recoveries > settings.RUN_MAX_RECOVERIES:
            return AppError(
                _("The server stopped %(count)d times while answering. What it wrote is kept; try again.")
                % {"count": loaded.run.recoveries}
            )
        return None

    def _can_continue(self, live: LiveRun, rights: Rights) -> bool:
        try:
            return self._gateway.resolve(str(live.settings["model"]), rights).continuation != "none"
        except AppError:
            # The gateway refuses the model in its own words.
            return True

    async def _generate(self, live: LiveRun, responding: Coroutine[Any, Any, None]) -> None:
        """Stream the answer into the run until it ends, fails or is interrupted."""
        live.mark("context")
        live.generation = asyncio.create_task(responding)
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

    async def _respond(
        self, live: LiveRun, loaded: LoadedRun, request: ChatRequest, recorder: Recorder, guard: RunGuard | None
    ) -> None:
        question = await self._asking_back.question(live, loaded, guard)
        if question:
            self._ask_back(live, question)
        else:
            first_call = loaded.calls + len(live.attempts) + 1
            await self._consume(live, replace(request, first_call_number=first_call), recorder, guard)

    def _ask_back(self, live: LiveRun, text: str) -> None:
        # What the answer would have been made from wasn't sent.
        live.context = {}
        if text:
            live.add_text(text, self._loop.time())

    async def _consume(self, live: LiveRun, request: ChatRequest, recorder: Recorder, guard: RunGuard | None) -> None:
        stream = self._gateway.stream(request)
        try:
            async for event in stream:
                recorder.take(event)
                self._show(live, event, recorder, guard)
                if guard is not None and guard.refusal is not None:
                    break
        finally:
            await stream.aclose()
            is_refused = guard is not None and guard.refusal is not None
            is_stopped = is_refused or live.interruption in ("stop", "time_limit")
            recorder.close(Attempt.Outcome.STOPPED if is_stopped else Attempt.Outcome.ABANDONED)

    def _show(self, live: LiveRun, event: GatewayEvent, recorder: Recorder, guard: RunGuard | None) -> None:
        match event:
            case TextDelta(text):
                if guard is not None:
                    self._add_reasoning(live, guard.rest_of_reasoning())
                    text = guard.text(text)
                self._add_text(live, text)
            case ReasoningDelta(text):
                if live.phase not in ("thinking", "answering"):
                    live.set_phase("thinking", live_foot)
                self._add_reasoning(live, text if guard is None else guard.reasoning(text))
            case AttemptStarted():
                assert recorder.last is not None
                live.add_attempt(recorder.last)
                _name_model(live, recorder)
                if event.source == "cache":
                    live.tick("cache", _("answered from the cache"))
            case Dropped():
                _name_model(live, recorder)
            case Retrying():
                self._show_retry(live, event, guard)
            case FellBack():
                self._show_switch(live, event, guard)
            case Routed():
                live.routed = event
                live.notices += filter(None, (event.notice, event.reason))
            case ToolCall() | ToolCallDelta():
                logger.warning("run %s: the model called a tool although none was offered", live.claim.run_id)
            case Usage() | Finished() | Failed():
                pass
            case _:
                assert_never(event)

    def _add_text(self, live: LiveRun, text: str) -> None:
        if not text:
            return
        is_first = live.phase != "answering"
        live.add_text(text, self._loop.time())
        if is_first:
            live.set_phase("answering", live_foot)

    def _add_reasoning(self, live: LiveRun, text: str) -> None:
        if text:
            live.add_reasoning(text, self._loop.time())

    def show_rest(self, live: LiveRun, guard: RunGuard | None) -> None:
        """What was held back, since nothing follows it any more."""
        if guard is None:
            return
        self._add_reasoning(live, guard.rest_of_reasoning())
        self._add_text(live, guard.rest_of_text())
        # A question that was asked back has no context.
        if guard.links_left_out and live.context:
            live.context |= {"links_left_out": guard.links_left_out}
            live.notices.append(
                _("Links were left out: an answer that read a file leads only to sites that you named yourself.")
            )

    def _begin_anew(self, live: LiveRun, guard: RunGuard | None) -> None:
        live.begin_anew()
        if guard is not None:
            guard.forget_reasoning()

    def _show_retry(self, live: LiveRun, event: Retrying, guard: RunGuard | None) -> None:
        """Also where less is sent than before, which a notice keeps."""
        failed = what_failed(event.error, self._gateway.label(event.endpoint))
        live.tick("retry", failed)
        words = _("%(failed)s, retrying") % {"failed": failed}
        if event.wait_s:
            words = _("%(failed)s, retrying in %(seconds)d s") % {"failed": failed, "seconds": ceil(event.wait_s)}
        elif isinstance(event.error, StreamInterrupted):
            words = _("%(failed)s; it goes on from there") % {"failed": failed}
            live.notices.append(_sentence(words))
        elif event.messages is not None:
            words = _("%(failed)s; it is asked again with less of it") % {"failed": failed}
            live.notices.append(_sentence(words))
        if live.first_token_s is None and not (guard is not None and guard.has_text):
            self._begin_anew(live, guard)
        live.set_phase("retrying", live_foot, words=_first_upper(words))

    def _show_switch(self, live: LiveRun, event: FellBack, guard: RunGuard | None) -> None:
        words = _("Switched to %(to)s: %(failed)s") % {
            "to": self._gateway.label(event.to_endpoint),
            "failed": what_failed(event.error, self._gateway.label(event.from_endpoint)),
        }
        live.tick("switch", words)
        live.notices.append(words)
        if not event.has_text:
            self._begin_anew(live, guard)
        live.set_phase("switched", live_foot, words=words)

    async def _end(self, live: LiveRun, loaded: LoadedRun, result: RunResult) -> None:
        runs, cost = await self._save(live, loaded, result)
        # To whoever connects until the end is pushed, the answer is still being written.
        live.push("end", ended_foot(runs, live.siblings, cost))

    async def _save(self, live: LiveRun, loaded: LoadedRun, result: RunResult) -> tuple[list[Run], Cost | None]:
        """Write the end of the run, as often as it takes: a full disk or a lost database delays it, never loses it.

        Raises: LeaseLost; DataError or IntegrityError for what no attempt will bring in.
        """

        def wait(exc: DatabaseError) -> None:
            logger.warning("run %s can't be saved yet (%s)", live.claim.run_id, type(exc).__name__)
            live.set_phase("saving", live_foot)

        return await until_saved(lambda: self._database.run(finish_run, live.claim, loaded.run, result), waits=wait)


def _outgoing(messages: Callable[[], tuple[ChatMessage, ...]], loaded: LoadedRun, guard: RunGuard | None) -> Outgoing:
    return (messages(), loaded.written) if guard is None else guard.outgoing(messages(), loaded.written)


def _asked_about(loaded: LoadedRun) -> str:
    """What of the question names are looked up by; blank where none are."""
    if loaded.remembered.known is None or not loaded.history:
        return ""
    *earlier, question = loaded.history
    return standalone_question(question.words, earlier)


def _name_model(live: LiveRun, recorder: Recorder) -> None:
    """The message is of the model that is writing it."""
    if (one := recorder.answering) is not None:
        live.message.model, live.message.provider = one.started.model, one.started.endpoint


def _first_upper(words: str) -> str:
    return words[:1].upper() + words[1:]


def _sentence(words: str) -> str:
    return f"{_first_upper(words)}."
