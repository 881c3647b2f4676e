"""What goes into the gateway and what comes out of it: messages in, events out. It knows no vendor and no chat."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias
from uuid import UUID

from providers.errors import ProviderError

Role: TypeAlias = Literal["system", "user", "assistant", "tool"]
FinishReason: TypeAlias = Literal["complete", "length", "tool_call", "content_filter", "stopped"]
Feature: TypeAlias = Literal["chat", "title", "test"]
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
class ChatRequest:
    """One question to the gateway.

    `model` is an id, an alias, or `endpoint/id`. `partial_text` is the beginning of the answer that was already
    shown: the stream then yields only what comes after it. A `temperature` of 0.0 is a value; None leaves it to the
    provider.
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


@dataclass(frozen=True, slots=True)
class Model:
    """One model as the catalog knows it. Prices and equivalents are read by routing and ledger, not by adapters."""

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

    @property
    def full_id(self) -> str:
        return f"{self.endpoint}/{self.id}"


@dataclass(frozen=True, slots=True)
class AttemptStarted:
    call_number: int
    endpoint: str
    model: str
    reason: str


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
    """What the provider says it counted, in tokens. `output_tokens` includes `reasoning_tokens`."""

    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    reasoning_tokens: int = 0


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
GatewayEvent: TypeAlias = AttemptStarted | AdapterEvent | Failed


class Adapter(Protocol):
    """One vendor's wire, spoken for one endpoint.

    Shape: `stream` yields deltas in order, at most one `Usage`, then exactly one `Finished`.
    Raises: ProviderError, and nothing else, for whatever the vendor did wrong. Closing the iterator (or cancelling
    its task) closes the connection to the vendor.
    """

    def stream(self, request: ChatRequest, model: Model) -> AsyncGenerator[AdapterEvent, None]: ...

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
