"""For the tasks of what people may ask to be done with their data."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from accounts.actions.erasures import request_erasure
from accounts.actions.people import give_role
from accounts.models import (
    APIKey,
    AuditEntry,
    AuditHead,
    Breach,
    ErasureRequest,
    ErasureStep,
    InactivityNotice,
    Role,
    User,
)
from chat.models import Conversation
from providers.models import UsageRecord
from tests.chat.lifecycle.conftest import ago
from tests.support.answers import make_plain
from tests.support.due.kind import Due

LEAVING = "leaving@example.org"


def leaving(owner: User) -> ErasureRequest:
    """Somebody else than the owner, who is there the next time too."""
    person = User.objects.create_user(email=LEAVING)
    give_role(user=person, role=Role.USER)
    for _each in range(2):
        make_plain(person)
    APIKey.objects.create(user=person, name="k", prefix="cs_", hash="leaving")
    default_storage.save(f"exports/{person.id}/left", ContentFile(b"left"))
    request = request_erasure(user=person)
    ErasureRequest.objects.filter(id=request.id).update(due_at=ago(days=1))
    return request


def one_leaving(owner: User) -> tuple[str, ...]:
    return (str(leaving(owner).id),)


def all_leaving(owner: User) -> tuple[str, ...]:
    leaving(owner)
    return ()


def erasures_state() -> object:
    steps = ErasureStep.objects.order_by("id").values_list("system", "rows", "failures")
    return (
        list(ErasureRequest.objects.values_list("status", "address")),
        sorted((system, str(rows), failures) for system, rows, failures in steps),
        User.objects.filter(email=LEAVING).exists(),
        Conversation.objects.filter(owner__email=LEAVING).count(),
        Conversation.objects.count(),
        UsageRecord.objects.count(),
        [str(path.name) for path in Path(settings.MEDIA_ROOT).rglob("left")],
        AuditEntry.objects.filter(action="erasure.finished").count(),
    )


def unused(owner: User) -> tuple[str, ...]:
    """Those to be told, told again and erased, and one who was here lately."""
    for number, days in enumerate((1, 400, 400, 400)):
        last = ago(days=days)
        user = User.objects.create_user(email=f"{number}.{LEAVING}", last_login=last, date_joined=last)
        if number > 1:
            told = {"first_at": ago(days=30), "second_at": ago(days=8) if number > 2 else None}
            InactivityNotice.objects.create(user=user, **told)
    return ()


def unused_state() -> object:
    notices = InactivityNotice.objects.order_by("user__email").values_list("user__email", "second_at")
    return (
        [(email, second is None) for email, second in notices],
        sorted(ErasureRequest.objects.values_list("user__email", "reason")),
    )


def breaches(owner: User) -> tuple[str, ...]:
    for hours in (1, 25, 50, 70):
        Breach.objects.create(title=f"{hours}", happened="It was lost", known_at=ago(hours=hours))
    return ()


def breaches_state() -> object:
    return sorted(Breach.objects.values_list("title", "reminded_h"))


def forget() -> None:
    for model in (ErasureRequest, Breach, InactivityNotice):
        model.objects.all().delete()
    User.objects.filter(email__endswith=LEAVING).delete()
    AuditEntry.objects.all().delete()
    AuditHead.objects.all().delete()


SWEPT_ERASURE = ("accounts.tasks.sweep_erasures",)
DUE: tuple[Due, ...] = (
    Due("accounts.tasks.erase_person", one_leaving, erasures_state, again=SWEPT_ERASURE),
    Due("accounts.tasks.sweep_erasures", all_leaving, erasures_state, again=SWEPT_ERASURE),
    Due("accounts.tasks.retire_inactive", unused, unused_state),
    Due("accounts.tasks.remind_of_breaches", breaches, breaches_state),
)
