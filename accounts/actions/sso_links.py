"""Making an account at a provider a way into a person's account here."""

from __future__ import annotations

from allauth.socialaccount.models import SocialAccount
from django.db import transaction

from accounts.actions import sso
from accounts.actions.audit import record
from accounts.models import SSOTrace, User
from accounts.sso.faults import Reason, SSOFailed


def link(*, user: User, account: SocialAccount, outcome: str) -> tuple[SocialAccount, bool]:
    """The row, and whether it is new: of two at once one makes it. Nothing of the person is saved: what was read before
    the provider was asked may be another by now.

    Raises: SSOFailed.
    """
    with transaction.atomic():
        person = User.objects.select_for_update(no_key=True).filter(pk=user.pk, is_active=True).first()
        if person is None:
            raise SSOFailed(Reason.SUSPENDED, "suspended or erased while the provider was asked")
        row, is_new = SocialAccount.objects.get_or_create(
            provider=account.provider, uid=account.uid, defaults={"user": person, "extra_data": account.extra_data}
        )
        if row.user_id != person.pk:
            raise SSOFailed(Reason.ELSEWHERE, "linked to somebody else while the provider was asked")
        if is_new and outcome == SSOTrace.Outcome.CONNECTED:
            sso.write_trace(provider=row.provider, user=person, outcome=outcome, claims=row.extra_data)
        if is_new:
            record("sso.connected", by=person, concerns=person, details={"provider": row.provider})
    return row, is_new


def forget_links(*, user: User) -> None:
    """Whoever made them never showed that the person's address is theirs."""
    with transaction.atomic():
        for account in SocialAccount.objects.filter(user=user):
            account.delete()
            record("sso.disconnected", by=None, concerns=user, details={"provider": account.provider})
