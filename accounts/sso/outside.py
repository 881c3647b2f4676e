"""Tokens for the API that identity providers made: those of the issuers that JWT_PROVIDERS names. A token that isn't
valid is nobody's; why, the log says."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import jwt
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.sso.configured import ALLAUTH, MICROSOFT, Configured, configured_provider
from accounts.sso.discovery import AGAIN_AFTER_S, are_keys_kept
from accounts.sso.faults import Reason, SSOFailed
from accounts.sso.openid import account_key
from accounts.sso.tokens import verify_access_token
from convoscope.errors import AppError

logger = logging.getLogger(__name__)


class IssuerDown(AppError):
    """For a client whose token can't be checked, since its issuer's keys can't be fetched."""

    code = "AUTHENTICATION_ERROR"
    http_status = 503


@dataclass(frozen=True, slots=True)
class OutsideToken:
    """One that is valid. `person` is None where nobody has signed in here as whom it names; `provider` is the name on
    the button."""

    person: User | None
    provider: str
    is_by_several_factors: bool


def read_token(token: str) -> OutsideToken | None:
    """None where it isn't valid, or of no issuer whose tokens are taken.

    Raises: IssuerDown.
    """
    provider = _provider_of(token)
    if provider is None:
        return None
    down = f"sso:down:{provider.slug}"
    if not are_keys_kept(provider) and cache.get(down):
        raise _down(provider)
    try:
        claims = verify_access_token(token, provider)
    except SSOFailed as fault:
        if fault.reason == Reason.TOKEN:
            logger.info("a token of %s was refused: %s", provider.slug, fault.detail)
            return None
        logger.warning("a token of %s can't be checked: %s", provider.slug, fault.detail)
        # Whoever comes next doesn't wait for it, too.
        cache.set(down, True, AGAIN_AFTER_S)
        raise _down(provider) from fault
    linked = SocialAccount.objects.filter(provider=provider.slug, uid=account_key(claims["iss"], claims["sub"]))
    account = linked.select_related("user__preferences").first()
    methods = claims.get("amr")
    return OutsideToken(
        person=account.user if account else None,
        provider=provider.name,
        # Source: https://www.rfc-editor.org/rfc/rfc8176#section-2
        is_by_several_factors=isinstance(methods, list) and "mfa" in methods,
    )


def _provider_of(token: str) -> Configured | None:
    """Of the issuer that the token claims to be by. Nobody is asked for it."""
    if not settings.JWT_PROVIDERS:
        return None
    try:
        claimed = jwt.decode(token, options={"verify_signature": False}).get("iss")
    except (jwt.PyJWTError, ValueError):
        return None
    for slug in settings.JWT_PROVIDERS:
        found = configured_provider(slug)
        if found is not None and ALLAUTH[found.kind] == "openid_connect" and _is_issuer_of(found, claimed):
            return found
    return None


def _is_issuer_of(provider: Configured, claimed: object) -> bool:
    """Microsoft calls itself by a tenant's number; which one it may be, its discovery document says."""
    if not isinstance(claimed, str):
        return False
    if provider.kind == "microsoft":
        return claimed.startswith(f"{MICROSOFT}/")
    return claimed.rstrip("/") == provider.issuer_address.rstrip("/")


def _down(provider: Configured) -> IssuerDown:
    words = _("This token can't be checked, since %(provider)s doesn't tell its keys at the moment. Try again soon.")
    return IssuerDown(words % {"provider": provider.name})
