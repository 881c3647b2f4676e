"""What goes into the gateway and what comes out of it: messages in, events out. It knows no vendor and no chat."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias
from uuid import UUID

from providers.errors import ProviderError

Role: TypeAlias = Literal["system", "user", "assistant", "tool"]
FinishReason: TypeAlias = Literal["complete", "length", "tool_call", "content_filter", "stopped"]
# What a request was for: budgets and reports tell them apart.
Feature: TypeAlias = Literal[
    "chat", "title", "summary", "entities", "follow_ups", "clarify", "embedding", "tool", "test", "rehearsal"
]
# Why a call was made.
CallReason: TypeAlias = Literal[
    "first", "continue", "retry", "fallback", "hedge", "compressed", "shared", "cache", "test"
]
# Where an answer came from: a provider was asked with the site's key, or with one of the payer's own; a stored answer
# was replayed; another request's call was shared.
Source: TypeAlias = Literal["provider", "own_key", "cache", "shared"]
# How a model goes on with an answer that was cut: `exact` yields what is missing by itself, `prefill` takes the text
# as its own beginning, `instruction` is asked to, `none` can't.
Continuation: TypeAlias = Literal["exact", "prefill", "instruction", "none"]


@dataclass(frozen=True, slots=True)
class TextPart:
    text: str


@dataclass(frozen=True, slots=True)
class ImagePart:
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class ToolCallPart:
    """A call the model made earlier. `arguments` is the JSON text as the model wrote it."""

    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ToolResultPart:
    call_id: str
    name: str
    text: str


Part: TypeAlias = TextPart | ImagePart | ToolCallPart | ToolResultPart


@dataclass(frozen=True, slots=True)
class ChatMessage:
    role: Role
    parts: tuple[Part, ...]

    @classmethod
    def of_text(cls, role: Role, text: str) -> ChatMessage:
        return cls(role, (TextPart(text),))

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, TextPart))


@dataclass(frozen=True, slots=True)
class ToolDefinition:
    """A tool the model may call. `parameters` is a JSON Schema object, as JSON text."""

    name: str
    description: str
    parameters: str


@dataclass(frozen=True, slots=True)
class Payer:
    """Whose budgets, limits and rights a request goes by. Of a script, nobody's: only the site's hold."""

    user_id: UUID | None = None
    team_id: UUID | None = None
    api_key_id: UUID | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Rights:
    """What a payer may and has: `denied` gives the reason for each model, by full id, and for each endpoint, by name,
    that is not for them; `own_endpoints` are those they have a key of their own for, which go before the site's of the
    same name."""

    denied: Mapping[str, str] = field(default_factory=dict)
    own_endpoints: tuple[EndpointConfig, ...] = ()

    def refusal(self, model: Model) -> str:
        """Why a model, listed or not, isn't for them; blank if it is."""
        return self.denied.get(model.full_id) or self.denied.get(model.endpoint, "")


NO_LIMITS = Rights()


Shorter: TypeAlias = Callable[[], Awaitable[tuple[ChatMessage, ...] | None]]


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One question to the gateway.

    `model` is an id, an alias, `endpoint/id`, or `auto`. `partial_text` is the beginning of the answer that was already
    shown: the stream then yields only what comes after it. A `temperature` of 0.0 is a value; None leaves it to the
    provider. `subject_id` is what the request belongs to, such as a conversation, for its sums. No retry or fallback
    begins later than `deadline_s` after the start. With `must_be_free` no model is asked that would cost the site
    something. `may_use_cache` is False where a new answer is asked for, and for what must not be stored; without
    `may_be_kept` what was sent is stored nowhere. `keeps_history` is False where the next request of the subject
    won't begin with these messages. Without `rights` every model may be asked, with the site's keys. `shorter` gives
    what is asked with, once, where a provider says that the messages are too long for it; None where nothing can be
    left out.
    """

    request_id: UUID
    messages: tuple[ChatMessage, ...]
    model: str
    temperature: float | None = None
    max_output_tokens: int | None = None
    tools: tuple[ToolDefinition, ...] = ()
    partial_text: str = ""
    feature: Feature = "chat"
    first_call_number: int = 1
    payer: Payer = Payer()
    subject_id: UUID | None = None
    deadline_s: float | None = None
    only_this_model: bool = False
    must_be_free: bool = False
    may_use_cache: bool = False
    may_be_kept: bool = True
    keeps_history: bool = True
    rights: Rights | None = None
    shorter: Shorter | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Model:
    """One model as the catalog knows it. Prices and equivalents are read by routing and ledger, not by adapters.

    `cacheable_from_tokens` is how long a request's beginning has to be for the vendor to keep it where it is marked;
    None where nothing has to be marked.
    """

    id: str
    endpoint: str
    context_window_tokens: int
    max_output_tokens: int
    continuation: Continuation
    has_vision: bool = False
    has_tools: bool = False
    has_reasoning: bool = False
    aliases: tuple[str, ...] = ()
    is_known: bool = True
    cacheable_from_tokens: int | None = None

    @property
    def full_id(self) -> str:
        return f"{self.endpoint}/{self.id}"


@dataclass(frozen=True, slots=True)
class Considered:
    """A model that routing looked at. `excluded` is why it was not taken, "" if it may be."""

    full_id: str
    why: str
    excluded: str = ""


@dataclass(frozen=True, slots=True)
class Routed:
    """What routing decided, before any call. `reason` says in a sentence why the first candidate comes first; `notice`
    tells the person that another model answers than the one they named. `cache` is what the cache said."""

    asked: str
    considered: tuple[Considered, ...]
    reason: str = ""
    notice: str = ""
    cache: str = ""


@dataclass(frozen=True, slots=True)
class AttemptStarted:
    """A call begins. `source` says whether a provider is asked at all, and with whose key. `body` makes the request as
    it goes over the wire, JSON without any key: off the loop, for whoever keeps it."""

    call_number: int
    endpoint: str
    model: str
    reason: CallReason
    source: Source = "provider"
    body: Callable[[], bytes] = field(default=bytes, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Retrying:
    """The call that was under way failed, or its like of another request was refused just now; the model is asked after
    `wait_s`, with these messages in place of those before, if there are any."""

    endpoint: str
    model: str
    error: ProviderError
    wait_s: float
    messages: tuple[ChatMessage, ...] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Dropped:
    """One of two calls that raced is over: the other said something first, or this one failed with `error`."""

    call_number: int
    error: ProviderError | None = None


@dataclass(frozen=True, slots=True)
class FellBack:
    """The call that was under way failed; another model goes on, where text was shown from its end."""

    from_endpoint: str
    from_model: str
    to_endpoint: str
    to_model: str
    error: ProviderError
    has_text: bool


@dataclass(frozen=True, slots=True)
class TextDelta:
    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    text: str


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """A piece of a call's arguments as they stream; `index` tells simultaneous calls apart."""

    index: int
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A finished call: its streamed arguments joined."""

    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Usage:
    """What the provider says it counted, in tokens.

    `output_tokens` includes `reasoning_tokens`; `input_tokens` includes `cached_tokens`, which were read from the
    provider's cache, and `cache_write_tokens`, which were put there.
    """

    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    cache_write_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Finished:
    """The last event of a stream that ended by itself. `skipped_chunks` could not be read and were left out."""

    reason: FinishReason
    skipped_chunks: int = 0


@dataclass(frozen=True, slots=True)
class Failed:
    """The last event of a stream that broke. What was yielded before it stands."""

    error: ProviderError


AdapterEvent: TypeAlias = TextDelta | ReasoningDelta | ToolCallDelta | ToolCall | Usage | Finished
GatewayEvent: TypeAlias = Routed | AttemptStarted | AdapterEvent | Retrying | Dropped | FellBack | Failed


class Adapter(Protocol):
    """One vendor's wire, spoken for one endpoint.

    Shape: `stream` yields deltas in order, at most one `Usage`, then exactly one `Finished`.
    Raises: ProviderError, and nothing else, for whatever the vendor did wrong. Closing the iterator (or cancelling
    its task) closes the connection to the vendor.
    """

    def stream(self, request: ChatRequest, model: Model) -> AsyncGenerator[AdapterEvent, None]: ...

    def wire_body(self, request: ChatRequest, model: Model) -> bytes:
        """The request as `stream` sends it: JSON, without any key. What Inspect shows."""
        ...

    async def list_models(self) -> list[str]:
        """The ids that the endpoint says it serves. Costs nothing, so it also tells whether the endpoint is well.

        Raises: ProviderError.
        """
        ...

    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class EndpointConfig:
    """Where and how to reach a provider. `api_key` never leaves the process and never shows in a repr."""

    name: str
    adapter: str
    base_url: str = ""
    api_key: str = field(default="", repr=False)
    label: str = ""
    default_model: str = ""
    connect_timeout_s: float = 5.0
    first_token_timeout_s: float = 30.0
    idle_timeout_s: float = 30.0
