"""Inviting people by their address, and taking that back."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions.audit import record
from accounts.models import Invitation, Membership, User
from convoscope.errors import AppError

GOOD_FOR = timedelta(days=14)


class InvitationGone(AppError):
    """For whose invitation was used or revoked while they filled in the form."""

    code = "VALIDATION_ERROR"
    http_status = 409


def invite(*, invitation: Invitation, by: User) -> str:
    """Save a new one, in the place of others for that address. Returns what its link holds, which is stored nowhere."""
    token = secrets.token_urlsafe(32)
    invitation.hash, invitation.invited_by = hash_of(token), by
    invitation.expires_at = timezone.now() + GOOD_FOR
    with transaction.atomic():
        for earlier in Invitation.objects.still_open().filter(address=invitation.address):
            revoke_invitation(invitation=earlier, by=by)
        invitation.save(force_insert=True)
        record("invitation.made", by=by, on=invitation, details={"role": invitation.role, "tier": invitation.tier})
    return token


def note_mailed(*, invitation: Invitation) -> None:
    invitation.mailed_at = timezone.now()
    invitation.save(update_fields=["mailed_at"])


def revoke_invitation(*, invitation: Invitation, by: User) -> bool:
    """Returns whether it was open until now."""
    with transaction.atomic():
        found = Invitation.objects.still_open().filter(id=invitation.id).update(revoked_at=timezone.now())
        if found:
            record("invitation.revoked", by=by, on=invitation)
    return bool(found)


def take_invitation(*, invitation: Invitation, user: User) -> None:
    """The person signed up by it: they get what it says. In the transaction that makes the account.

    Raises: InvitationGone.
    """
    if not Invitation.objects.still_open().filter(id=invitation.id).update(used_at=timezone.now()):
        raise InvitationGone(_("This invitation was used or revoked meanwhile. Ask who invited you for a new one."))
    for team in invitation.teams.all():
        Membership.objects.create(team=team, user=user)
    record("invitation.used", by=user, on=invitation, concerns=user, details={"role": invitation.role})


def delete_old_invitations() -> int:
    """Those that nobody can use any more, half a year after they were made. Returns how many."""
    limit = timezone.now() - timedelta(days=180)
    return Invitation.objects.filter(created_at__lt=limit).delete()[1].get("accounts.Invitation", 0)


def hash_of(token: str) -> str:
    """Enough for a random secret of this length."""
    return hashlib.sha256(token.encode()).hexdigest()
