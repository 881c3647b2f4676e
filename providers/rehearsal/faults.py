"""The failures that can be rehearsed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# What the provider that is well says.
ANSWER = (
    "Every failure of a provider is met in the same way: what can pass is tried again, what can't is taken to another "
    "model, and an answer that has begun is gone on with, so that nothing that was read is lost."
)

FaultName: TypeAlias = Literal[
    "rate-limit",
    "rate-limit-long",
    "server-error",
    "overloaded",
    "wrong-key",
    "quota",
    "unknown-model",
    "too-long",
    "refused-content",
    "silence",
    "refused-connection",
    "web-page",
    "empty",
    "cut",
    "hang",
    "malformed",
    "lost-end",
]


@dataclass(frozen=True, slots=True)
class Fault:
    """What the server does. `refusal` is the status and body it answers with, `times` how often before it is well;
    `after` tokens of an answer the stream does `breaks`."""

    title: str | Promise
    status: int = 200
    code: str = ""
    times: int = 100
    retry_after: str = ""
    breaks: Literal["", "cut", "hang", "malformed", "empty", "page", "end"] = ""
    after: int = 12


FAULTS: dict[FaultName, Fault] = {
    "rate-limit": Fault(_("Rate-limited for a second, then well"), 429, "rate_limit_exceeded", 1, "1"),
    "rate-limit-long": Fault(_("Rate-limited for a minute"), 429, "rate_limit_exceeded", retry_after="60"),
    "server-error": Fault(_("An error of the server, each time"), 500, "server_error"),
    "overloaded": Fault(_("Overloaded once, then well"), 503, "overloaded", 1),
    "wrong-key": Fault(_("A key that is refused"), 401, "invalid_api_key"),
    "quota": Fault(_("An account without credit"), 429, "insufficient_quota"),
    "unknown-model": Fault(_("A model the provider doesn't know"), 404, "model_not_found"),
    "too-long": Fault(_("A conversation that is too long"), 400, "context_length_exceeded"),
    "refused-content": Fault(_("Content that the provider refuses"), 400, "content_filter"),
    "silence": Fault(_("No first token"), breaks="hang", after=0),
    "refused-connection": Fault(_("Nobody listens at the address"), status=0),
    "web-page": Fault(_("A web page in the place of the API"), breaks="page"),
    "empty": Fault(_("A stream without an answer"), breaks="empty"),
    "cut": Fault(_("A connection that breaks in mid-answer"), breaks="cut"),
    "hang": Fault(_("Silence in mid-answer"), breaks="hang"),
    "malformed": Fault(_("A stream that can't be read"), breaks="malformed"),
    "lost-end": Fault(_("An answer that ends without saying so"), breaks="end"),
}
