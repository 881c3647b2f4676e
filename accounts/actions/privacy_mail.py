"""Mails about erasures, exports that are done and accounts that nobody uses, where the site sends mail."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.entrance import appeals_to
from accounts.models import ErasureRequest, User
from accounts.privacy.registry import ERASED, System, systems

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """So many rows of one system of which the same became; why, where they stay."""

    done: str
    rows: int
    why: str


@dataclass(frozen=True, slots=True)
class ReceiptPart:
    """What was done in one system. `lines` is empty where nothing was there."""

    label: str
    lines: list[ReceiptLine]
    done_at: datetime | None
    failures: int
    error: str


def receipt(request: ErasureRequest) -> list[ReceiptPart]:
    """Without anything personal, in the language in force."""
    steps = {step.system: step for step in request.steps.all()}
    return [
        ReceiptPart(str(system.label), list(_lines(system, step.rows)), step.done_at, step.failures, step.error)
        for system in systems()
        if (step := steps.get(system.name)) is not None
    ]


def _lines(system: System, rows: Mapping[str, int]) -> Iterator[ReceiptLine]:
    for erase, done in ERASED.items():
        found = [table for table in system.tables if table.erase == erase and rows.get(table.key)]
        if found:
            # Each reason once, in their order.
            whys = dict.fromkeys(str(table.why) for table in found if table.why)
            yield ReceiptLine(str(done), sum(rows[table.key] for table in found), "; ".join(whys))


def send_requested(user: User, request: ErasureRequest) -> None:
    """That it was asked for, so that nobody else asks unseen."""
    if settings.SENDS_MAIL:
        with override(user.language):
            subject = _("Your account will be erased")
            _send(subject, "accounts/email/erasure_requested.txt", {"due_at": request.due_at}, [user.email])


def send_receipt(request: ErasureRequest) -> bool:
    """Whether the server took it."""
    with override(request.language):
        subject = _("Your account was erased")
        context = {"request": request, "parts": receipt(request)}
        return _send(subject, "accounts/email/erasure_receipt.txt", context, [request.address])


def send_data_mail(user: User, path: str, *, kept_days: int) -> None:
    """That the file of everything is ready at this address, for who is signed in as them."""
    if settings.SENDS_MAIL:
        with override(user.language):
            subject = _("The file with your data is ready")
            _send(subject, "accounts/email/data.txt", {"path": path, "days": kept_days}, [user.email])


def send_inactivity(user: User, *, erased_at: datetime) -> None:
    if settings.SENDS_MAIL:
        with override(user.language):
            subject = _("Your account hasn't been used for a long time")
            context = {"erased_at": erased_at, "is_suspended": not user.is_active, "write_to": appeals_to()}
            _send(subject, "accounts/email/inactivity.txt", context, [user.email])


def send_to_administrators(subject: str, template: str, context: dict[str, object]) -> bool:
    """Whether the server took it; in the language of the site."""
    people = User.objects.filter(is_superuser=True, is_active=True)
    addresses = list(people.values_list("email", flat=True))
    return bool(settings.SENDS_MAIL and addresses and _send(subject, template, context, addresses))


def _send(subject: str, template: str, context: dict[str, object], addresses: Iterable[str]) -> bool:
    text = render_to_string(template, context | {"site": settings.APP_BASE_URL})
    try:
        # One for each, so that none reads the others' addresses.
        for address in addresses:
            send_mail(subject, text, None, [address])
    except OSError as exc:  # what the mail server refuses is one too
        logger.warning("%s wasn't sent: %s", template, type(exc).__name__)
        return False
    return True
