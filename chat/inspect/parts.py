"""What an inspection consists of: plain data, which page and JSON both show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chat.context.report import BudgetReport
from providers.money import usd


@dataclass(frozen=True, slots=True)
class InspectedCost:
    """The sum of the lines whose price is known. Units: whole nano-dollars."""

    nanousd: int = 0
    lines: int = 0
    unknown_lines: int = 0

    @property
    def words(self) -> str:
        return usd(self.nanousd, is_partly_known=bool(self.unknown_lines)) if self.lines else "\N{EN DASH}"


@dataclass(frozen=True, slots=True)
class Figures:
    """None where a figure isn't known. `duration_ms` counts from the question; `first_token_ms` from the start."""

    first_token_ms: int | None
    duration_ms: int | None
    tokens_per_s: float | None
    input_tokens: int | None
    output_tokens: int | None
    cost: InspectedCost
    attempts: int


@dataclass(frozen=True, slots=True)
class InspectedAttempt:
    """One call to one provider. `start_ms` counts from the request's beginning. `error_detail` is in the provider's
    own words; `has_request` says that the request as it was sent is still kept."""

    number: int
    endpoint: str
    provider: str
    model: str
    reason: str
    outcome: str
    started_at: datetime
    start_ms: int
    wait_ms: int
    first_token_ms: int | None
    duration_ms: int | None
    finish_reason: str
    input_tokens: int | None
    output_tokens: int | None
    cached_tokens: int | None
    reasoning_tokens: int | None
    skipped_chunks: int
    error_code: str
    error_detail: str
    has_request: bool

    @property
    def full_id(self) -> str:
        return f"{self.endpoint}/{self.model}"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model that routing looked at. `calls` are the numbers of the attempts it was given."""

    full_id: str
    why: str
    excluded: str
    calls: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Routing:
    asked: str
    reason: str
    cache: str
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class PriceUsed:
    """Units: US dollars per million tokens, as text; "" where there is no such price."""

    version: int
    valid_from: datetime
    input_usd: str
    output_usd: str
    cached_usd: str
    cache_write_usd: str


@dataclass(frozen=True, slots=True)
class LineOfLedger:
    call_number: int
    kind: str
    feature: str
    source: str
    full_id: str
    outcome: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    reasoning_tokens: int
    cache_write_tokens: int
    is_estimated: bool
    cost_nanousd: int | None
    saved_nanousd: int
    price: PriceUsed | None


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened to a run while it went on. Units: milliseconds from the request's beginning."""

    at_ms: int
    kind: str
    label: str


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of a request. Units: milliseconds from the request's beginning.

    `call_number` is that of an attempt, 0 for what isn't one; its wait ends at `called_ms`, and its first token came
    at `first_token_ms`. `is_open` says that its end was never seen, so `end_ms` is only the latest it can be.
    """

    name: str
    label: str
    start_ms: int
    end_ms: int
    call_number: int = 0
    called_ms: int | None = None
    first_token_ms: int | None = None
    outcome: str = ""
    is_open: bool = False

    @property
    def took_ms(self) -> int:
        return self.end_ms - self.start_ms


@dataclass(frozen=True, slots=True)
class InspectedUnderstanding:
    """What the question was taken for, in codes. `doubt` is why a model judged it; "" where none did."""

    intent: str
    decided_by: str
    doubt: str
    has_asked_back: bool


@dataclass(frozen=True, slots=True)
class InspectedRequest:
    """One request to the gateway: a run, or what has none, such as a title's. `trace` are tokens in each tenth of a
    second from `trace_start_ms` on."""

    id: UUID
    kind: str
    status: str
    asked_at: datetime | None
    is_running: bool
    error_code: str
    error_message: str
    recoveries: int
    figures: Figures
    stages: tuple[Stage, ...]
    marks: tuple[Mark, ...]
    trace_start_ms: int
    trace: tuple[int, ...]
    attempts: tuple[InspectedAttempt, ...]
    context: BudgetReport | None
    understanding: InspectedUnderstanding | None
    routing: Routing | None
    lines: tuple[LineOfLedger, ...]


@dataclass(frozen=True, slots=True)
class OwnersPart:
    """What the owner sees besides: the way back to the text, and with it the requests as they were sent."""

    conversation_id: UUID
    title: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """An answer with all its requests, the newest first, and their sums. `owners` is None for whoever isn't the owner:
    nothing else here holds a word of the question, the answer, the instructions or the request."""

    message_id: UUID | None
    requests: tuple[InspectedRequest, ...]
    totals: Figures
    owners: OwnersPart | None

    @property
    def is_running(self) -> bool:
        return any(request.is_running for request in self.requests)
