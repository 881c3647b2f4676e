"""For the tasks of people's accounts."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session

from accounts.actions.invitations import invite
from accounts.audit.chain import breaks, seal, seal_ends
from accounts.models import AuditEntry, AuditHead, Invitation, SSOSession, SSOTrace, User
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
    head = AuditHead(id=1, last_number=last.number, last_hash=last.hash)
    seal_ends(head)
    head.save()
    return ()


def entries_state() -> object:
    head = AuditHead.objects.get()
    return (
        list(AuditEntry.objects.order_by("number").values_list("number", flat=True)),
        (head.deleted_number, head.last_number),
        list(breaks()),
    )


def sign_ins(owner: User) -> tuple[str, ...]:
    """Of each kind one that ended, and one that didn't."""
    for days in (-1, 1):
        key = f"session{days + 1:026}"
        Session.objects.create(session_key=key, session_data="", expire_date=ago(days=days))
        UserSession.objects.create(user=owner, session_key=key, ip=f"192.0.2.{days + 2}", user_agent="")
        invitation = Invitation(address=f"invited{days + 1}@example.org")
        invite(invitation=invitation, by=owner)
        Invitation.objects.filter(id=invitation.id).update(created_at=ago(days=180 + days))
    return ()


def sign_ins_state() -> object:
    return (
        list(Session.objects.values_list("session_key", flat=True)),
        list(UserSession.objects.values_list("ip", flat=True)),
        list(Invitation.objects.values_list("address", flat=True)),
    )


def forget() -> None:
    Session.objects.all().delete()
    UserSession.objects.all().delete()
    Invitation.objects.all().delete()
    AuditEntry.objects.all().delete()
    AuditHead.objects.all().delete()
    SSOTrace.objects.all().delete()
    SSOSession.objects.all().delete()
    Session.objects.filter(session_key__in=("living", "over")).delete()


def traces(owner: User) -> tuple[str, ...]:
    for days in (40, 31, 29, 0):
        SSOTrace.objects.create(provider="oidc", user=owner, outcome="signed_in", at=ago(days=days))
    for number, (key, ends) in enumerate((("living", -1), ("over", 1), ("", 0))):
        if key:
            Session.objects.create(session_key=key, session_data="", expire_date=ago(days=ends))
        SSOSession.objects.create(session_key=key or "gone", user=owner, provider="oidc", subject=f"sub-{number}")
    return ()


def traces_state() -> object:
    return SSOTrace.objects.count(), list(SSOSession.objects.order_by("subject").values_list("session_key", flat=True))


DUE: tuple[Due, ...] = (
    Due("accounts.tasks.delete_old_audit_entries", entries, entries_state),
    Due("accounts.tasks.delete_ended_sign_ins", sign_ins, sign_ins_state),
    Due("accounts.tasks.forget_old_sign_ins", traces, traces_state),
)
