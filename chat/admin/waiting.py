"""What waits for somebody, told at the top of the admin's first page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from chat.models import Run


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many of them there are, and where they are found; "" where the person may not go there."""

    label: str
    count: int
    address: str = ""


def unfinished_answers(person: User) -> Waiting | None:
    """For administrators: answers that are being written, or wait for a process that writes them."""
    if not person.is_superuser:
        return None
    address = f"{reverse('admin:chat_run_changelist')}?status__exact={Run.Status.RUNNING}"
    return Waiting(_("Answers being written"), Run.objects.unfinished().count(), address)


# Each is asked whenever the page is shown, with one query at most, and says nothing to whom it isn't for.
WAITING: list[Callable[[User], Waiting | None]] = [unfinished_answers]


def waiting_for(person: User) -> list[Waiting]:
    return [found for ask in WAITING if (found := ask(person)) is not None]
