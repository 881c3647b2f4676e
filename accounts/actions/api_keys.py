"""Personal keys for the API: made, looked up, taken back."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions.audit import record
from accounts.actions.people import hold
from accounts.models import APIKey, Role, User
from accounts.roles import has_role
from convoscope.errors import AppError, ValidationFailed

MARK = "cvs_"
SECRET_BYTES = 30
# What the owner, and whoever finds the key somewhere, knows it by
SHOWN_CHARS = 12
KEYS_MAX = 50
# Each use would write a row; this is fine enough to see whether a key is still needed.
USE_NOTED_EVERY = timedelta(minutes=1)


class MadeAlready(AppError):
    """For who sends the form twice: the key can't be shown again."""

    code = "VALIDATION_ERROR"
    http_status = 409


def make_api_key(
    *, key_id: UUID, user: User, name: str, scopes: Collection[str], expires_at: datetime | None
) -> tuple[APIKey, str]:
    """The row, and the key, which is nowhere after this.

    Raises: ValidationFailed, MadeAlready if there is one with this id.
    """
    name = " ".join(name.split())
    if not name:
        raise ValidationFailed(_("Give the key a name, by which you will know what uses it."), field="name")
    if not scopes:
        raise ValidationFailed(_("Choose what the key may do."), field="scopes")
    if APIKey.Scope.ADMIN in scopes and not has_role(user, Role.ADMINISTRATOR):
        raise ValidationFailed(_("Only an administrator's key may administer."), field="scopes")
    token = MARK + secrets.token_urlsafe(SECRET_BYTES)
    try:
        with transaction.atomic():
            hold(user)
            if usable_keys().filter(user=user).count() >= KEYS_MAX:
                raise ValidationFailed(_("You have %(count)d keys. Revoke one first.") % {"count": KEYS_MAX})
            key = APIKey(
                id=key_id,
                user=user,
                name=name[: APIKey._meta.get_field("name").max_length],
                prefix=token[:SHOWN_CHARS],
                hash=_hash(token),
                scopes=sorted(scopes),
                expires_at=expires_at,
            )
            key.save(force_insert=True)
            record("api_key.made", by=user, on=key, concerns=user, details={"scopes": key.scopes})
    except IntegrityError as exc:
        raise MadeAlready(
            _("This key was made already, and is shown once only. Revoke it and make another if you didn't copy it.")
        ) from exc
    return key, token


def revoke_api_key(*, key: APIKey, by: User) -> None:
    """From now on it opens nothing. A second time changes nothing."""
    with transaction.atomic():
        if APIKey.objects.filter(id=key.id, revoked_at=None).update(revoked_at=timezone.now()):
            record("api_key.revoked", by=by, on=key, concerns=key.user)


def find_api_key(token: str) -> APIKey | None:
    """The key that this is, if it may be used now, with its person. It is found by its hash: how long that takes tells
    nothing of other keys."""
    key = usable_keys().select_related("user__preferences").filter(hash=_hash(token), user__is_active=True).first()
    now = timezone.now()
    if key is not None and (key.last_used_at is None or key.last_used_at < now - USE_NOTED_EVERY):
        APIKey.objects.filter(id=key.id).update(last_used_at=now)
    return key


def usable_keys() -> QuerySet[APIKey]:
    return APIKey.objects.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()), revoked_at=None)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
