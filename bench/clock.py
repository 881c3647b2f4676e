"""What a stream's tokens say about the way they came, and what a process used meanwhile."""

from __future__ import annotations

import os
import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_TOKEN = re.compile(rb"w(\d+)@(\d+\.\d{6})(?:~(\d+\.\d{6}))?")


@dataclass
class Clock:
    """One answer as its reader saw it. Times are `time.time()` in seconds."""

    asked_s: float = 0.0
    first_added_s: float | None = None
    added_s: list[float] = field(default_factory=list)
    tokens: int = 0
    messages: int = 0
    html_bytes: int = 0

    def see(self, message: bytes, now_s: float) -> None:
        """Note the tokens that show for the first time: a re-rendering repeats what was there before."""
        self.messages += 1
        for number, sent, received in _TOKEN.findall(message):
            # A token in a link's address or a table's ruler never shows, so numbers may be left out.
            if int(number) < self.tokens:
                continue
            self.tokens = int(number) + 1
            self.added_s.append(now_s - float(sent))
            if received:
                self.first_added_s = now_s - float(sent) + float(received) - self.asked_s


def cpu_s(pid: int) -> float:
    """CPU-seconds, user and system, of a process with all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def memory_mb(pid: int) -> float:
    """Resident memory in MB."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def median(values: Sequence[float]) -> float:
    return statistics.median(values) if values else float("nan")
