"""What a test tells the vendor server to do with the next request: an answer, or a fault of a closed set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

WireFinish: TypeAlias = Literal["stop", "length", "tool_call", "filtered"]
# Every way in which a vendor refuses a request before it answers. A vendor that can't do one has no entry for it.
RefusalKind: TypeAlias = Literal[
    "invalid",
    "context_too_long",
    "content_policy",
    "unauthorized",
    "forbidden",
    "model_not_found",
    "rate_limited",
    "quota",
    "server_error",
    "bad_gateway",
    "unavailable",
    "overloaded",
]
StreamErrorKind: TypeAlias = Literal["overloaded", "rate_limited"]


@dataclass(frozen=True, slots=True)
class WireCall:
    """A tool call of the model. `arguments` is JSON text; OpenAI and Anthropic send it in pieces."""

    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class WireUsage:
    """Sums as our contract counts them; each wire spreads them over its vendor's own fields."""

    input_tokens: int = 20
    output_tokens: int = 9
    cached_tokens: int = 0
    reasoning_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Hang:
    """Silence after `after` tokens, until `VendorServer.go_on()`. 0: headers, then nothing that is text."""

    after: int = 0


@dataclass(frozen=True, slots=True)
class Cut:
    """A TCP reset after `after` tokens."""

    after: int = 0


@dataclass(frozen=True, slots=True)
class Malformed:
    """`count` unreadable payloads after `after` tokens, then the answer goes on. None: half of a JSON object."""

    after: int = 0
    count: int = 1
    payload: bytes | None = None


@dataclass(frozen=True, slots=True)
class StreamError:
    """The vendor's error event after `after` tokens, then the end."""

    after: int = 0
    kind: StreamErrorKind = "overloaded"


Fault: TypeAlias = Hang | Cut | Malformed | StreamError


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, reasoning first, then text, then tool calls.

    `cuts` are byte offsets of the whole stream between which the server writes; without them it writes event by event.
    """

    tokens: tuple[str, ...] = ("Hello", ", ", "world", ".")
    reasoning: tuple[str, ...] = ()
    calls: tuple[WireCall, ...] = ()
    usage: WireUsage | None = WireUsage()
    finish: WireFinish = "stop"
    fault: Fault | None = None
    has_finish: bool = True
    has_terminator: bool = True
    cuts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """The vendor's own answer for a kind of refusal, with its status and structured code."""

    kind: RefusalKind
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Status:
    """Any status, with any body."""

    code: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EmptyStream:
    """Headers of a stream, then its end."""


@dataclass(frozen=True, slots=True)
class Silence:
    """No headers, until `VendorServer.go_on()`."""


@dataclass(frozen=True, slots=True)
class Reset:
    """A TCP reset instead of headers."""


@dataclass(frozen=True, slots=True)
class Vectors:
    """A vector for each text that is embedded, `vector_of` it. `in_reverse`, as OpenAI may list them; `as_numbers`, as
    compatible servers send them."""

    dimensions: int = 8
    in_reverse: bool = False
    as_numbers: bool = False


Step: TypeAlias = Answer | Vectors | Refusal | Status | EmptyStream | Silence | Reset

# What a proxy or a captive portal says in the place of a vendor.
PAGE = Status(200, b"<!doctype html><title>Sign in</title><p>data: please sign in</p>", "text/html; charset=utf-8")


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a stream as bytes. `start` comes before any content; `finish` holds the reason."""

    data: bytes
    role: Literal["start", "token", "call", "finish", "terminator"]


class Wire(Protocol):
    """One vendor's format."""

    def events(self, answer: Answer) -> list[Event]: ...

    def whole(self, answer: Answer) -> object: ...

    def refusal(self, kind: RefusalKind) -> Status | None: ...

    def stream_error(self, kind: StreamErrorKind) -> bytes: ...

    def payload(self, data: bytes) -> bytes:
        """Any bytes as an event of this vendor's stream."""
        ...

    def half_payload(self) -> bytes: ...


def pieces(text: str, size: int = 5) -> list[str]:
    """Text as a vendor streams it."""
    return [text[start : start + size] for start in range(0, len(text), size)]
