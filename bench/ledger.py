"""How many ledger lines are written a second: `python -m bench.ledger [--lines N]`.

One connection writes them as the end of a run does, one a transaction, and then as the end of many at once, a hundred a
transaction. It is SQLite in a temporary folder, or the database that DATABASE_URL names.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bench.books import database, made_up_lines, show, taken, teams_of_people

if TYPE_CHECKING:
    from providers.actions.ledger import LedgerLine

SIZES = (1, 100)


def main(lines: int) -> None:
    teams = teams_of_people()
    for size in SIZES:
        made = list(made_up_lines(lines, datetime.now(UTC), teams, spread=False))
        batches = [made[start : start + size] for start in range(0, lines, size)]
        wall_s, work_s = taken(lambda batches=batches: write(batches))  # type: ignore[misc]  # a default binds it
        show(
            f"ledger: {size} a transaction",
            lines=lines,
            lines_per_s=round(lines / wall_s),
            own_cpu_ms_per_1000=round(1_000_000 * work_s / lines),
        )


def write(batches: Sequence[Sequence[LedgerLine]]) -> None:
    from providers.actions.ledger import write_lines

    for batch in batches:
        write_lines(batch)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=10_000)
    given = parser.parse_args()
    with database():
        main(given.lines)
