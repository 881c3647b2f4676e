"""Known faults of the versions that are installed, for `make security`: pip-audit asks PyPI. Where that can't be
reached it is said, and nothing is found."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

ASKED = "requirements/constraints.txt"
# Faults that don't concern this app, each with the reason.
EXCEPTIONS: dict[str, str] = {}


def main() -> int:
    ignored = [part for name in EXCEPTIONS for part in ("--ignore-vuln", name)]
    command = [sys.executable, "-m", "pip_audit", "--requirement", ASKED, "--no-deps", "--disable-pip"]
    asked = subprocess.run(
        [*command, "--format", "json", "--progress-spinner", "off", *ignored], capture_output=True, text=True
    )
    text, is_failure = report_of(asked.stdout, asked.stderr)
    print(text)
    return int(is_failure)


def report_of(printed: str, complained: str) -> tuple[str, bool]:
    """What is told, and whether a fault was found."""
    try:
        rows: list[dict[str, Any]] = json.loads(printed)["dependencies"]
    except (json.JSONDecodeError, KeyError):
        reason = complained.strip().splitlines()[-1:] or ["it said nothing"]
        return f"pip-audit: not asked, its service can't be reached ({reason[0]})", False
    known = [row for row in rows if "skip_reason" not in row]
    if not known:
        return f"pip-audit: not asked, its service knows none of {len(rows)} packages", False
    found = [
        f"{row['name']} {row['version']}: {one['id']}, mended in {one['fix_versions']}"
        for row in known
        for one in row["vulns"]
    ]
    unknown = [row["name"] for row in rows if "skip_reason" in row]
    lines = [f"pip-audit: {len(found)} known faults in {len(known)} packages", *found]
    return "\n".join([*lines, *([f"not known there: {', '.join(unknown)}"] if unknown else [])]), bool(found)


if __name__ == "__main__":
    sys.exit(main())
