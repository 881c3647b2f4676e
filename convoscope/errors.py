"""The errors that people see. Each says what happened, what was kept and what to do next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import ceil

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MINUTE_S, HOUR_S = 60, 3600
# In `request.META`: the most that the address takes, where there was more, which nobody read.
BODY_LIMIT = "convoscope.body_limit"


class AppError(Exception):
    """Shown by the page's error template and by the API as `{"error": {"code", "message"}}`.

    `user_message` is for the person who asked: it never holds a key, a traceback or a URL with credentials.
    """

    code = "INTERNAL_ERROR"
    http_status = 500

    def __init__(self, user_message: str) -> None:
        super().__init__(user_message)
        self.user_message = user_message


class ValidationFailed(AppError):
    """Input that can't be taken as it is; shown beside the field it came from. `others` are of further fields."""

    code = "VALIDATION_ERROR"
    http_status = 400

    def __init__(self, user_message: str, *, field: str = "", others: Sequence[ValidationFailed] = ()) -> None:
        super().__init__(user_message)
        self.field = field
        self.others = others

    @property
    def by_field(self) -> dict[str, str]:
        return {error.field: error.user_message for error in (self, *self.others)}


class FieldErrors:
    """Gathers what is wrong with each field of a form, so that all of it is said at once."""

    def __init__(self) -> None:
        self.found: list[ValidationFailed] = []

    @contextmanager
    def gathered(self) -> Iterator[None]:
        try:
            yield
        except ValidationFailed as error:
            self.found.append(error)

    def raise_found(self) -> None:
        """Raises: ValidationFailed, where there is any."""
        if self.found:
            first, *others = self.found
            raise ValidationFailed(first.user_message, field=first.field, others=others)


class ConversationLocked(ValidationFailed):
    """Something was to be added to a conversation that a moderator locked."""

    code = "CONVERSATION_LOCKED"


class MessageTooLong(ValidationFailed):
    """A text that no message may hold; the page offers to attach it as a file."""


class TurnKeyReused(AppError):
    """A `turn_key` that already named another message."""

    code = "VALIDATION_ERROR"
    http_status = 409


class BodyTooLarge(AppError):
    """A request with more than its address takes."""

    code = "VALIDATION_ERROR"
    http_status = 413

    def __init__(self, limit_bytes: int) -> None:
        words = _("This is larger than %(limit)s, which is the limit here, so nothing of it was taken.")
        super().__init__(words % {"limit": filesizeformat(limit_bytes)})


class LimitReached(AppError):
    """Asked for more than a limit allows now. `reason` says which limit, `when` says when to try again, and `headers`
    say both to programs. For everybody who asks too fast; a vendor's limits are `providers.errors.RateLimited`."""

    code = "RATE_LIMIT_EXCEEDED"
    http_status = 429

    def __init__(self, reason: str, *, retry_after_s: float, headers: Mapping[str, str] | None = None) -> None:
        # Rounded up: who comes back at that second is let through.
        self.retry_after_s = max(1, ceil(retry_after_s))
        self.reason = reason
        self.when = _when(self.retry_after_s)
        self.headers = {**(headers or {}), "Retry-After": str(self.retry_after_s)}
        super().__init__(f"{reason} {self.when}")


def _when(wait_s: int) -> str:
    """The wait in words, never too short."""
    if wait_s <= 2 * MINUTE_S:
        return ngettext("Try again in %(n)s second.", "Try again in %(n)s seconds.", wait_s) % {"n": wait_s}
    if wait_s <= 2 * HOUR_S:
        minutes = ceil(wait_s / MINUTE_S)
        return ngettext("Try again in %(n)s minute.", "Try again in %(n)s minutes.", minutes) % {"n": minutes}
    hours = ceil(wait_s / HOUR_S)
    return ngettext("Try again in %(n)s hour.", "Try again in %(n)s hours.", hours) % {"n": hours}
