"""Logs without personal data and secrets, where the switch is on."""

from __future__ import annotations

import io
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from chat.guards.logs import redact_records

ADDRESS = "ottilie@example.org"
CARD = "4111 1111 1111 1111"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What a handler with a format of its own writes."""
    before, stream = logging.getLogRecordFactory(), io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    logger = logging.getLogger("tests.redacted")
    logger.addHandler(handler)
    redact_records()
    yield stream
    logger.removeHandler(handler)
    logging.setLogRecordFactory(before)


def test_messages_and_what_is_put_into_them(lines: io.StringIO) -> None:
    logging.getLogger("tests.redacted").warning("%s paid with " + CARD, ADDRESS)
    assert lines.getvalue() == "WARNING [REDACTED:EMAIL] paid with [REDACTED:CARD]\n"


def test_exceptions_and_what_caused_them(lines: io.StringIO) -> None:
    try:
        try:
            raise KeyError(ADDRESS)
        except KeyError as exc:
            raise ValueError(f"no card {CARD}") from exc
    except ValueError:
        logging.getLogger("tests.redacted").exception("failed", stack_info=True)
    said = lines.getvalue()
    assert "ValueError: no card [REDACTED:CARD]" in said
    assert "KeyError: '[REDACTED:EMAIL]'" in said
    assert "Traceback" in said
    assert "Stack (most recent call last)" in said


def test_ids_and_times_stay(lines: io.StringIO) -> None:
    said = "run 01a22899-1e0f-73b0-80fe-bf30d9b97d79 took 1234 ms, 2026-11-29 18:37:33"
    logging.getLogger("tests.redacted").warning(said)
    assert lines.getvalue() == f"WARNING {said}\n"


@pytest.mark.parametrize(("switch", "said"), [("true", "[REDACTED:EMAIL]"), ("false", ADDRESS), ("", ADDRESS)])
def test_the_switch(tmp_path: Path, switch: str, said: str) -> None:
    script = f"import django, logging; django.setup(); logging.getLogger('x').warning('%s', '{ADDRESS}')"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=settings.BASE_DIR,
        env={
            "DJANGO_SETTINGS_MODULE": "convoscope.settings.current",
            "REDACT_LOGS": switch,
            "APP_VAR_DIR": str(tmp_path),
        },
        capture_output=True,
        check=True,
    )
    assert f"WARNING x: {said}" in done.stderr.decode()
