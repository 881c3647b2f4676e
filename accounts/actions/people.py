"""How accounts come to be, and which of them becomes administrator."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.actions.audit import record
from accounts.actions.invitations import take_invitation
from accounts.addresses import is_in_domains, normal_address
from accounts.models import ErasureRequest, Invitation, Role, User
from convoscope.errors import AppError, ValidationFailed


class SignUpClosed(AppError):
    """For who was quick enough to see the form and too late to use it."""

    code = "VALIDATION_ERROR"
    http_status = 403


def may_sign_up(address: str, *, is_first: bool) -> bool:
    """Without an invitation."""
    if settings.SIGNUP_POLICY == "open" or is_first or is_administrators(address):
        return True
    return settings.SIGNUP_POLICY == "domains" and is_in_domains(address, settings.SIGNUP_DOMAINS)


def create_account(*, user: User, invitation: Invitation | None = None, is_admitted: bool = False) -> None:
    """Save a new person, with the language they signed up in. One sign-up at a time decides who is first: the others
    wait for the lock. Who is admitted was let in by somebody, whatever the policy says of strangers.

    Raises: SignUpClosed, InvitationGone; IntegrityError if the address was taken meanwhile.
    """
    with transaction.atomic():
        lock_administrators()
        is_first = not User.objects.exists()
        is_let_in = is_admitted or invitation is not None
        if not is_let_in and not may_sign_up(user.email, is_first=is_first):
            raise SignUpClosed(_("Sign-up is closed here by now. Ask an administrator for an account."))
        user.language = get_language() or settings.LANGUAGE_CODE
        user.tier = invitation.tier if invitation else ""
        user.save(force_insert=True)
        give_role(user=user, role=Role.USER)
        if invitation is not None:
            take_invitation(invitation=invitation, user=user)
            give_role_with_rights(user=user, role=Role(invitation.role))
        if not settings.SENDS_MAIL and _becomes_administrator(user, is_first=is_first):
            make_administrator(user=user)


def confirm_address(*, user: User, address: str) -> None:
    """The person can read mail to this address. Where mail is sent, only that makes an administrator: until then
    anybody may have typed it."""
    if not settings.SENDS_MAIL or user.is_superuser or normal_address(address) != user.email:
        return
    with transaction.atomic():
        lock_administrators()
        others = User.objects.exclude(id=user.id)
        is_first = not others.filter(Q(is_superuser=True) | Q(emailaddress__verified=True)).exists()
        if _becomes_administrator(user, is_first=is_first):
            make_administrator(user=user)


def make_administrator(*, user: User) -> None:
    user.is_staff = user.is_superuser = True
    user.save(update_fields=["is_staff", "is_superuser"])
    give_role(user=user, role=Role.ADMINISTRATOR)
    record("person.made_administrator", by=None, concerns=user)


def give_role(*, user: User, role: Role) -> None:
    group, _created = Group.objects.get_or_create(name=role)
    user.groups.add(group)


def give_role_with_rights(*, user: User, role: Role) -> None:
    """With what the role needs: an administrator may do everything, and a moderator enters the admin."""
    if role == Role.ADMINISTRATOR:
        make_administrator(user=user)
        return
    give_role(user=user, role=role)
    if role == Role.MODERATOR:
        user.is_staff = True
        user.save(update_fields=["is_staff"])


def take_role(*, user: User, role: Role) -> None:
    """With what comes with the role: the administrator's rights, and the moderator's way into the admin."""
    user.groups.remove(*Group.objects.filter(name=role))
    left = set(roles_of(user))
    if role == Role.ADMINISTRATOR:
        user.is_superuser = False
    if role in (Role.ADMINISTRATOR, Role.MODERATOR):
        user.is_staff = user.is_superuser or Role.MODERATOR in left
    user.save(update_fields=["is_staff", "is_superuser"])


def is_last_administrator(user: User) -> bool:
    """Nobody else could let anybody in again. Asked under `lock_administrators`."""
    others = User.objects.filter(is_superuser=True, is_active=True).exclude(id=user.id)
    return user.is_superuser and not others.exists()


def roles_of(user: User) -> list[str]:
    """As they are stored, by name."""
    return sorted(user.groups.values_list("name", flat=True))


def suspend(*, user: User, reason: str) -> None:
    """Out of all sessions at once, and not let in again; nothing of theirs is lost. For the caller's transaction, which
    writes down who did it."""
    user.is_active, user.suspension_reason = False, reason
    user.save(update_fields=["is_active", "suspension_reason"])


def is_being_erased(user: User) -> bool:
    """Begun with, and not to be taken back."""
    return ErasureRequest.objects.filter(user=user, status=ErasureRequest.Status.RUNNING).exists()


def reinstate(*, user: User) -> None:
    """Raises: ValidationFailed for who is being erased."""
    if is_being_erased(user):
        raise ValidationFailed(_("This account is being erased: nobody is let into it again."))
    user.is_active, user.suspension_reason = True, ""
    user.save(update_fields=["is_active", "suspension_reason"])


def warn(*, user: User) -> None:
    """Pages show it until it is acknowledged; of what, who warned keeps."""
    user.warned_at = timezone.now()
    user.save(update_fields=["warned_at"])


def forget_warning(*, user: User) -> None:
    user.warned_at = None
    user.save(update_fields=["warned_at"])


def forget_addresses(*, user: User) -> None:
    """An administrator gave the person another address: the old ones no longer sign in or reset the password."""
    EmailAddress.objects.filter(user=user).exclude(email=user.email).delete()


def hold(user: User) -> User:
    """To the end of the transaction: of two at once that count what the person has, each would find the last place
    free. Returns the person as they are now."""
    return User.objects.select_for_update(no_key=True).get(id=user.id)


def _becomes_administrator(user: User, *, is_first: bool) -> bool:
    if settings.ADMIN_EMAIL or settings.IS_PRODUCTION:
        return is_administrators(user.email)
    return is_first


def is_administrators(address: str) -> bool:
    return bool(settings.ADMIN_EMAIL) and normal_address(address) == normal_address(settings.ADMIN_EMAIL)


def lock_administrators() -> None:
    """Hold the role's row to the end of the transaction. A check for other accounts alone would let two that sign up at
    the same moment both be first, or neither."""
    Group.objects.select_for_update().get_or_create(name=Role.ADMINISTRATOR)
