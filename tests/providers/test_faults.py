"""Every fault of every vendor, through its real SDK: what comes out, what is recorded, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from pytest_django import Settings

from providers.catalog import Price
from providers.contract import AttemptStarted, Failed, FellBack, Finished, Retrying, Routed, ToolCall, ToolDefinition
from providers.errors import (
    AllCandidatesFailed,
    AuthenticationFailed,
    ContentFiltered,
    ContextTooLong,
    InvalidRequest,
    ModelNotFound,
    NotAnApi,
    ProviderError,
    ProviderTimeout,
    ProviderUnavailable,
    QuotaExhausted,
    RateLimited,
    StreamInterrupted,
)
from providers.models import Attempt, RoutingDecision, UsageRecord
from providers.tokens import count_text_tokens, estimate_input_tokens
from tests.support.vendors import (
    PAGE,
    Answer,
    Cut,
    EmptyStream,
    Hang,
    Malformed,
    Refusal,
    Reset,
    Silence,
    Status,
    StreamError,
    WireCall,
    WireUsage,
)
from tests.support.vendors.calling import VENDORS, Vendor, each_vendor
from tests.support.vendors.playing import MODELS, NEXT, Played, model_of, play, price_of
from tests.support.vendors.script import Step

Tokens = tuple[int, int]
TOLD: Tokens = (20, 9)
REFUSED: Tokens = (0, 0)


@dataclass(frozen=True, slots=True)
class Fault:
    """What the vendor does with each call, and the error that is. `text` came before it. `is_asked_again`: the same
    model, from the start. `is_counted`: the vendor says what it used all the same."""

    name: str
    step: Step | None
    error: type[ProviderError]
    text: str = ""
    is_asked_again: bool = False
    falls_back: bool = True
    is_silent: bool = False
    is_counted: bool = False


BEFORE = (
    Fault("429, wait", Refusal("rate_limited", {"Retry-After": "1"}), RateLimited, is_asked_again=True),
    Fault("429", Refusal("rate_limited"), RateLimited, is_asked_again=True),
    Fault("400", Refusal("invalid"), InvalidRequest, falls_back=False),
    Fault("401", Refusal("unauthorized"), AuthenticationFailed),
    Fault("403", Refusal("forbidden"), AuthenticationFailed),
    Fault("404", Refusal("model_not_found"), ModelNotFound),
    Fault("quota", Refusal("quota"), QuotaExhausted),
    Fault("too long", Refusal("context_too_long"), ContextTooLong),
    Fault("content", Refusal("content_policy"), ContentFiltered, falls_back=False),
    Fault("500", Refusal("server_error"), ProviderUnavailable, is_asked_again=True),
    Fault("502", Refusal("bad_gateway"), ProviderUnavailable, is_asked_again=True),
    Fault("503", Refusal("unavailable"), ProviderUnavailable, is_asked_again=True),
    Fault("529", Refusal("overloaded"), ProviderUnavailable, is_asked_again=True),
    Fault("page for an error", Status(502, b"<p>Bad", "text/html"), ProviderUnavailable, is_asked_again=True),
    Fault("refused connection", None, ProviderUnavailable, is_asked_again=True),
    Fault("reset", Reset(), ProviderUnavailable, is_asked_again=True),
    Fault("silence", Silence(), ProviderTimeout, is_silent=True),
    Fault("page", PAGE, NotAnApi, is_asked_again=True),
    Fault("empty stream", EmptyStream(), ProviderUnavailable, is_asked_again=True),
    Fault("nothing said", Answer(tokens=()), ProviderUnavailable, is_asked_again=True),
    Fault("cut at once", Answer(fault=Cut(0)), ProviderUnavailable, is_asked_again=True),
    Fault("hang at once", Answer(fault=Hang(0)), ProviderTimeout, is_silent=True),
    Fault("error event at once", Answer(fault=StreamError(0)), ProviderUnavailable, is_asked_again=True),
    Fault("unreadable at once", Answer(fault=Malformed(0, 3)), ProviderUnavailable, is_asked_again=True),
)
DURING = (
    Fault("cut after two", Answer(fault=Cut(2)), StreamInterrupted, "Hello, "),
    Fault("hang after two", Answer(fault=Hang(2)), StreamInterrupted, "Hello, ", is_silent=True),
    Fault("error event after two", Answer(fault=StreamError(2)), StreamInterrupted, "Hello, "),
    Fault("limit after two", Answer(fault=StreamError(2, "rate_limited")), RateLimited, "Hello, "),
    Fault("three unreadable", Answer(fault=Malformed(2, 3)), StreamInterrupted, "Hello, "),
    Fault("cut at the end", Answer(fault=Cut(4)), StreamInterrupted, "Hello, world."),
    Fault("no finish reason", Answer(has_finish=False), StreamInterrupted, "Hello, world."),
    Fault("filtered", Answer(finish="filtered"), ContentFiltered, "Hello, world.", falls_back=False, is_counted=True),
)


def each(faults: Sequence[Fault]) -> pytest.MarkDecorator:
    """A kind that a vendor has no way to say is no case of it."""
    cases = [
        pytest.param(vendor, fault, id=f"{vendor.name} {fault.name}")
        for fault in faults
        for vendor in VENDORS
        if not isinstance(fault.step, Refusal) or vendor.wire.refusal(fault.step.kind) is not None
    ]
    return pytest.mark.parametrize(("vendor", "fault"), cases)


@pytest.fixture(autouse=True)
def _one_retry(settings: Settings, db: None) -> None:
    settings.LLM_MAX_RETRIES = 1


def played(fault: Fault, vendors: Sequence[str], *steps: Step) -> Played:
    """The fault comes as often as the first vendor is asked from the start; then the steps."""
    times = 2 if fault.is_asked_again else 1
    given = [step for step in (*[fault.step] * times, *steps) if step is not None]
    return play(vendors, *given, is_refused=fault.step is None, is_silent=fault.is_silent)


def used(fault: Fault, vendor: str, request: Played) -> Tokens:
    """What a call that met the fault is booked with: nothing where nothing came."""
    if fault.is_counted:
        return TOLD
    if not fault.text:
        return REFUSED
    model = model_of(vendor)
    return estimate_input_tokens(request.request, model), count_text_tokens(fault.text, model=model)


def check_books(one: Played, expected: Sequence[tuple[str, str, type[ProviderError] | None, Tokens]]) -> None:
    """Each call has one row and one line: whom it asked, why, how it ended, what it used and what that costs."""
    started = [event for event in one.events if isinstance(event, AttemptStarted)]
    assert [(event.endpoint, event.reason) for event in started] == [row[:2] for row in expected]
    numbers = list(range(1, len(expected) + 1))
    assert [event.call_number for event in started] == numbers
    attempts, lines = one.attempts, one.lines
    assert [row.call_number for row in attempts] == [line.call_number for line in lines] == numbers
    for attempt, line, (vendor, reason, error, tokens) in zip(attempts, lines, expected, strict=True):
        assert (attempt.endpoint, attempt.model, attempt.reason) == (vendor, MODELS[vendor], reason)
        assert attempt.outcome == (Attempt.Outcome.FAILED if error else Attempt.Outcome.COMPLETE)
        assert attempt.error_code == (error.code if error else "")
        assert bool(attempt.error_detail) == (error is not None)
        assert (attempt.finish_reason == "complete") == (error is None)
        assert attempt.wire_request
        assert (line.endpoint, line.model, line.outcome) == (vendor, MODELS[vendor], attempt.outcome)
        assert (line.input_tokens, line.output_tokens) == tokens
        assert line.is_estimated == (tokens != TOLD)
        check_price(line, price_of(vendor))
    assert UsageRecord.objects.count() == len(expected)


def check_price(line: UsageRecord, price: Price | None) -> None:
    """What isn't known is not made up, but nothing used costs nothing."""
    if price is None:
        assert line.price is None
        assert line.cost_nanousd == (None if line.input_tokens or line.output_tokens else 0)
        return
    assert line.price is not None
    assert (line.price.input_usd, line.price.output_usd) == (price.input_usd, price.output_usd)
    assert line.cost_nanousd == (line.input_tokens * price.input_usd + line.output_tokens * price.output_usd) * 1_000


def check_end(one: Played) -> None:
    assert isinstance(one.events[0], Routed)
    assert [event for event in one.events if isinstance(event, Finished | Failed)] == [one.events[-1]]
    decision = RoutingDecision.objects.get(request_id=one.request.request_id)
    assert decision.asked == one.request.model
    assert decision.considered[0] == {"full_id": one.request.model, "why": "asked for", "excluded": ""}


@each((*BEFORE, *DURING))
def test_with_another_vendor(vendor: Vendor, fault: Fault, settings: Settings) -> None:
    """Who falls back is answered, in one uninterrupted text."""
    settings.LLM_MAX_RETRIES = 0 if fault.is_silent else 1
    first, second = vendor.name, NEXT[vendor.name]
    goes_on = fault.falls_back
    if fault.error is ContextTooLong:
        goes_on = model_of(second).context_window_tokens > model_of(first).context_window_tokens
    is_waited_for = fault.name == "limit after two"
    rest = ("world.",) if fault.text == "Hello, " else () if fault.text else ("Hello, ", "world.")
    one = played(fault, (first, second), Answer(tokens=rest)) if goes_on else played(fault, (first, second))
    tokens = used(fault, first, one)
    expected = [(first, "first", fault.error, tokens)]
    if fault.is_asked_again:
        expected.append((first, "retry", fault.error, tokens))
    answered = [(first, "continue", None, TOLD)] if is_waited_for else [(second, "fallback", None, TOLD)]
    check_books(one, [*expected, *answered] if goes_on else expected)
    check_end(one)
    asked = [row[0] for row in expected] if fault.step is not None else []
    assert one.wire_calls == [*asked, *(row[0] for row in answered if goes_on)], "nobody was asked twice for one thing"
    if goes_on:
        assert (one.text, one.events[-1]) == ("Hello, world.", Finished("complete"))
        retried = [(Retrying, fault.error)] * (fault.is_asked_again or is_waited_for)
        assert one.between == [*retried, *([] if is_waited_for else [(FellBack, fault.error)])]
    else:
        assert (one.text, type(one.error)) == (fault.text, fault.error)
        assert one.error.user_message


@each((*BEFORE, *DURING))
def test_alone(vendor: Vendor, fault: Fault, settings: Settings) -> None:
    """Who has nobody else and meets the fault again is told what it was; what was said stands."""
    settings.LLM_MAX_RETRIES = 0 if fault.is_silent else 1
    name = vendor.name
    goes_on_itself = bool(fault.text) and fault.falls_back and not fault.is_silent
    again: list[Step] = [Refusal("unavailable")] if goes_on_itself else []
    one = played(fault, (name,), *again)
    tokens = used(fault, name, one)
    expected: list[tuple[str, str, type[ProviderError] | None, Tokens]] = [(name, "first", fault.error, tokens)]
    if fault.is_asked_again:
        expected.append((name, "retry", fault.error, tokens))
    if goes_on_itself:
        expected.append((name, "continue", ProviderUnavailable, REFUSED))
    check_books(one, expected)
    check_end(one)
    assert one.text == fault.text
    assert type(one.error) is expected[-1][2]
    assert name.title() in one.error.user_message or fault.error is ContextTooLong
    if fault.name == "429, wait":
        assert one.slept_s == [1.0]


PASSING = [fault for fault in (*BEFORE, *DURING) if fault.is_asked_again or (fault.text and fault.falls_back)]


@each([fault for fault in PASSING if fault.step is not None and not fault.is_silent])
def test_a_fault_that_passes(vendor: Vendor, fault: Fault) -> None:
    """Who has nobody else and meets it once is answered by the same model."""
    assert fault.step is not None
    name = vendor.name
    rest = ("world.",) if fault.text == "Hello, " else () if fault.text else ("Hello, ", "world.")
    one = play((name,), fault.step, Answer(tokens=rest))
    again = "continue" if fault.text else "retry"
    check_books(one, [(name, "first", fault.error, used(fault, name, one)), (name, again, None, TOLD)])
    check_end(one)
    assert (one.text, one.events[-1]) == ("Hello, world.", Finished("complete"))
    assert one.wire_calls == [name, name]


@each_vendor
@pytest.mark.parametrize(
    ("answer", "skipped"), [(Answer(fault=Malformed(2)), 1), (Answer(has_terminator=False), 0)], ids=["one", "no end"]
)
def test_what_is_no_failure(vendor: Vendor, answer: Answer, skipped: int) -> None:
    one = play((vendor.name, NEXT[vendor.name]), answer)
    check_books(one, [(vendor.name, "first", None, TOLD)])
    assert (one.text, one.events[-1]) == ("Hello, world.", Finished("complete", skipped))
    assert one.attempts[0].skipped_chunks == skipped


LIES = {
    "none": None,
    "zero": WireUsage(0, 0),
    "nothing read": WireUsage(0, 9),
    "nothing said": WireUsage(20, 0),
    "negative": WireUsage(-5, -9),
    "more than fits": WireUsage(2_000_000, 9),
    "absurd": WireUsage(20, 10**13),
}


@each_vendor
@pytest.mark.parametrize("name", LIES)
def test_what_cant_be_true_is_counted_by_us(vendor: Vendor, name: str) -> None:
    one = play((vendor.name,), Answer(usage=LIES[name]))
    model = model_of(vendor.name)
    ours = (estimate_input_tokens(one.request, model), count_text_tokens("Hello, world.", model=model))
    check_books(one, [(vendor.name, "first", None, ours)])
    assert one.text == "Hello, world."


@each_vendor
def test_what_was_cached_costs_its_own_price(vendor: Vendor) -> None:
    one = play((vendor.name,), Answer(usage=WireUsage(30, 20, cached_tokens=7, reasoning_tokens=5)))
    [line] = one.lines
    price, written = price_of(vendor.name), line.cache_write_tokens
    assert (line.input_tokens, line.output_tokens, line.cached_tokens, line.reasoning_tokens) == (30, 20, 7, 5)
    assert not line.is_estimated
    if price is None:
        assert line.cost_nanousd is None
        return
    assert price.cached_usd is not None
    fresh = (30 - 7 - written) * price.input_usd + written * (price.cache_write_usd or price.input_usd)
    assert line.cost_nanousd == (fresh + 7 * price.cached_usd + 20 * price.output_usd) * 1_000


def test_a_model_of_unknown_price_costs_nothing_when_it_is_not_used() -> None:
    one = play(("openai",), Refusal("overloaded"), Answer(), model="brand-new-model")
    refused, answered = one.lines
    check_price(refused, None)
    check_price(answered, None)
    assert (refused.cost_nanousd, answered.cost_nanousd) == (0, None)


@each_vendor
def test_all_fail(vendor: Vendor) -> None:
    """Each cause is told, and each call is in the books."""
    first, second = vendor.name, NEXT[vendor.name]
    one = play((first, second), Refusal("quota"), Refusal("unauthorized"))
    check_books(one, [(first, "first", QuotaExhausted, REFUSED), (second, "fallback", AuthenticationFailed, REFUSED)])
    error = one.error
    assert isinstance(error, AllCandidatesFailed)
    assert [(name, type(cause)) for name, cause in error.causes] == [
        (f"{first}/{MODELS[first]}", QuotaExhausted),
        (f"{second}/{MODELS[second]}", AuthenticationFailed),
    ]
    assert first.title() in error.user_message
    assert second.title() in error.user_message


TOOL = ToolDefinition("pay", "Pays.", '{"type":"object","properties":{"sum":{"type":"integer"}}}')
PAYS = Answer(tokens=(), calls=(WireCall("call_1", "pay", '{"sum":70000}'),), finish="tool_call")


@each_vendor
@pytest.mark.parametrize("events", [1, 2, 3, 4])
def test_a_call_cut_in_half_is_made_once(vendor: Vendor, events: int) -> None:
    """After any of the events that bring it, but before the one that says the answer is complete."""
    made = [event for event in vendor.wire.events(PAYS) if event.role not in ("finish", "terminator")]
    half = Status(200, b"".join(event.data for event in made[:events]), "text/event-stream")
    one = play((vendor.name, NEXT[vendor.name]), half, half, PAYS, tools=(TOOL,))
    [call] = [event for event in one.events if isinstance(event, ToolCall)]
    assert (call.name, call.arguments) == ("pay", '{"sum":70000}')
    assert one.events[-1] == Finished("tool_call")
    assert one.wire_calls == [vendor.name, vendor.name, NEXT[vendor.name]]
    assert [line.call_number for line in one.lines] == [1, 2, 3]
