"""What `make security` tells of the versions that are installed."""

from __future__ import annotations

import json
from collections.abc import Mapping

from tests.support.audit import report_of

CLEAN = {"name": "django", "version": "5.2.19", "vulns": []}
FAULTY = {"name": "old", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}]}
UNKNOWN = {"name": "ours", "skip_reason": "not found"}


def printed(*rows: Mapping[str, object]) -> str:
    return json.dumps({"dependencies": rows})


def test_a_known_fault_fails() -> None:
    text, is_failure = report_of(printed(CLEAN, FAULTY, UNKNOWN), "")
    assert is_failure
    assert text.splitlines() == [
        "pip-audit: 1 known faults in 2 packages",
        "old 1.0: PYSEC-1, mended in ['1.1']",
        "not known there: ours",
    ]


def test_none_passes() -> None:
    assert report_of(printed(CLEAN), "") == ("pip-audit: 0 known faults in 1 packages", False)


def test_a_service_that_cant_be_reached_is_said_and_fails_nothing() -> None:
    assert report_of("", "Traceback\nConnectionError: no such host") == (
        "pip-audit: not asked, its service can't be reached (ConnectionError: no such host)",
        False,
    )
    assert report_of(printed(UNKNOWN), "")[1] is False
