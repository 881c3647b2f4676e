"""Personal data and secrets kept out of logs: out of each record as it is made, whoever writes it and wherever to."""

from __future__ import annotations

import logging

from chat.guards.pii import find_pii
from chat.guards.redaction import redact

_formatter = logging.Formatter()


class RedactedRecord(logging.LogRecord):
    """What it says, its exception and its stack, with marks in place of what was found. Handlers format an exception
    only where that wasn't done before."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # as a logger gives them
        if self.exc_info:
            self.exc_text = redacted(_formatter.formatException(self.exc_info))
        if self.stack_info:
            self.stack_info = redacted(self.stack_info)

    def getMessage(self) -> str:  # noqa: N802  # the standard library's name
        return redacted(super().getMessage())


def redacted(text: str) -> str:
    return redact(text, find_pii(text))


def redact_records() -> None:
    """From here on, in this process."""
    logging.setLogRecordFactory(RedactedRecord)
