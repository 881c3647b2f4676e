"""Whether a provider is set up as it should be, as far as that shows before anybody signs in."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.sso.configured import ALLAUTH, Configured
from accounts.sso.discovery import fetch_issuer, fetch_keys
from accounts.sso.faults import Reason, SSOFailed
from accounts.sso.saml import read_metadata


def try_provider(provider: Configured) -> str:
    """What was found, in words. Asks the provider now, whatever is remembered of it.

    Raises: SSOFailed.
    """
    if ALLAUTH[provider.kind] == "openid_connect":
        issuer = fetch_issuer(provider)
        keys = fetch_keys(issuer)
        if not keys:
            raise SSOFailed(Reason.CONFIGURATION, "the issuer has no keys")
        words = ngettext(
            "The issuer %(issuer)s answers, its addresses are in order, and it has %(count)d key.",
            "The issuer %(issuer)s answers, its addresses are in order, and it has %(count)d keys.",
            len(keys),
        )
        return words % {"issuer": issuer.issuer, "count": len(keys)}
    if provider.kind == "saml":
        found = read_metadata(provider)
        words = _("The metadata describe %(entity)s, where people sign in at %(address)s.")
        return words % {"entity": found["entityId"], "address": found["singleSignOnService"]["url"]}
    return _("GitHub tells nothing before somebody signs in. Try it with an account of your own.")
