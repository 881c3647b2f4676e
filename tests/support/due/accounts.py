"""For the tasks of people's accounts."""

from __future__ import annotations

from accounts.audit.chain import breaks, seal
from accounts.models import AuditEntry, AuditHead, User
from tests.chat.lifecycle.conftest import ago
from tests.support.due.kind import Due


def entries(owner: User) -> tuple[str, ...]:
    """Written when their clock says so, so that the chain holds."""
    last = AuditEntry(number=0)
    for number, years in enumerate((9, 8, 7.5, 1, 0), start=1):
        entry = AuditEntry(number=number, at=ago(days=365 * years), action="thing.done")
        seal(entry, last.hash)
        entry.save(force_insert=True)
        last = entry
    AuditHead.objects.create(id=1, last_number=last.number, last_hash=last.hash)
    return ()


def entries_state() -> object:
    head = AuditHead.objects.get()
    return (
        list(AuditEntry.objects.order_by("number").values_list("number", flat=True)),
        (head.deleted_number, head.last_number),
        list(breaks()),
    )


def forget() -> None:
    AuditEntry.objects.all().delete()
    AuditHead.objects.all().delete()


DUE: tuple[Due, ...] = (Due("accounts.tasks.delete_old_audit_entries", entries, entries_state),)
