"""What each background task is given to do where it is killed at random points, and what is looked at afterwards.

A new task gets an entry in `DUE` below: `make` stores what is due for it, some of each kind and some that nothing is to
happen to, and returns the arguments that the task is called with; `state` is everything that the task may change,
without what differs from one making to the next, such as ids and times. Where it isn't the task itself that comes back
to what a killed process left, `again` says which tasks of the schedule do. `tests/test_tasks_killed.py` does the rest,
and fails while a task has no entry.
"""

from __future__ import annotations

from tests.support.due import accounts, chat, moderation, privacy, providers
from tests.support.due.kind import Due

DUE: tuple[Due, ...] = (*accounts.DUE, *chat.DUE, *moderation.DUE, *privacy.DUE, *providers.DUE)
