"""What the page of privacy tells a person of themselves, and the pages for administrators of everybody."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise

from accounts.actions.consents import OPTIONAL, current_terms, decisions
from accounts.models import Breach, Consent, ErasureRequest, User
from accounts.privacy.data_classes import DATA_CLASSES, DataClass
from accounts.privacy.registry import Inside, Rows, System, Table, systems

HISTORY = 50


@dataclass(frozen=True, slots=True)
class OptionalUse:
    purpose: str
    label: Promise
    words: Promise
    is_given: bool


def optional_uses(user: User) -> list[OptionalUse]:
    now = decisions(user.id)
    return [OptionalUse(purpose, *words, now.get(purpose, False)) for purpose, words in OPTIONAL.items()]


def privacy_context(user: User) -> dict[str, object]:
    return {
        "terms": current_terms(),
        "optional_uses": optional_uses(user),
        "history": Consent.objects.of(user.id)[:HISTORY],
        "erasure": ErasureRequest.objects.standing().filter(user=user).first(),
        "data_classes": DATA_CLASSES,
    }


@dataclass(frozen=True, slots=True)
class Processing:
    """One line of the register: what happens to the rows of one model."""

    table: Table
    system: System

    @property
    def exported(self) -> object:
        export = self.table.export
        if isinstance(export, Rows):
            return f"account/{export.file}"
        return export.where if isinstance(export, Inside) else export.why


def register_of_processing() -> list[tuple[DataClass, list[Processing]]]:
    """By class of data."""
    lines = [Processing(table, system) for system in systems() for table in system.tables]
    return [(one, [line for line in lines if line.table.data_class == one]) for one in DATA_CLASSES]


@dataclass(frozen=True, slots=True)
class Alert:
    """What administrators are to look at; `address` is the name of a page of the admin."""

    kind: str
    count: int
    address: str


def alerts() -> list[Alert]:
    """For the admin's first page: breaches whose clock runs, erasures that failed or wait for a hold."""
    failed = ErasureRequest.objects.filter(status="running", steps__failures__gt=0, steps__done_at=None).distinct()
    due = ErasureRequest.objects.filter(Q(status="waiting") | Q(status="running"))
    held = due.filter(due_at__lte=timezone.now()).exclude(id__in=due.unheld().values("id"))
    found = (
        Alert("breaches", Breach.objects.open().count(), "admin:accounts_breach_changelist"),
        Alert("failed_erasures", failed.count(), "admin:accounts_erasurerequest_changelist"),
        Alert("held_erasures", held.count(), "admin:accounts_erasurerequest_changelist"),
    )
    return [one for one in found if one.count]
