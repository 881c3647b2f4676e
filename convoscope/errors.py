"""The errors that people see. Each says what happened, what was kept and what to do next."""

from __future__ import annotations


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
    """Input that can't be taken as it is; shown beside the field it came from."""

    code = "VALIDATION_ERROR"
    http_status = 400

    def __init__(self, user_message: str, *, field: str = "") -> None:
        super().__init__(user_message)
        self.field = field


class TurnKeyReused(AppError):
    """A `turn_key` that already named another message."""

    code = "VALIDATION_ERROR"
    http_status = 409
