"""What waits for somebody, told at the top of the admin's first page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role, User
from accounts.privacy.page import Alert, alerts
from accounts.roles import has_role
from chat.models import Flag, Run


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


def open_flags(person: User) -> Waiting | None:
    """For moderators and administrators."""
    if not has_role(person, Role.MODERATOR):
        return None
    return Waiting(_("Open flags"), Flag.objects.open().count(), reverse("moderation_queue"))


# Each is asked whenever the page is shown, with one query at most, and says nothing to whom it isn't for.
WAITING: list[Callable[[User], Waiting | None]] = [open_flags, unfinished_answers]
# What alerts about people's data are called.
ALERTS = {
    "breaches": gettext_lazy("Breaches whose clock runs"),
    "failed_erasures": gettext_lazy("Erasures that fail"),
    "held_erasures": gettext_lazy("Erasures that wait for a legal hold"),
}


def waiting_for(person: User) -> list[Waiting]:
    """Alerts about people's data are administrators', and told only where there are any."""
    about_data = [Waiting(str(ALERTS[one.kind]), one.count, reverse(one.address)) for one in _alerts(person)]
    return about_data + [found for ask in WAITING if (found := ask(person)) is not None]


def _alerts(person: User) -> list[Alert]:
    return alerts() if person.is_superuser else []
