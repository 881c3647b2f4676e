"""Why a sign-in through a provider came to nothing: what its person is told, and what an administrator reads."""

from __future__ import annotations

from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.db import models
from django.utils.translation import gettext_lazy as _


class Reason(models.TextChoices):
    """As the trace names them."""

    UNREACHABLE = "unreachable", _("The provider can't be reached, or takes too long")
    ANSWER = "answer", _("The provider's answer is of no use")
    CONFIGURATION = "configuration", _("The provider isn't set up as it should be")
    TOKEN = "token", _("What the provider says of the person isn't valid")  # a name
    STATE = "state", _("The sign-in began elsewhere, too long ago, or was used already")
    DENIED = "denied", _("The provider, or the person there, said no")
    NO_ADDRESS = "no_address", _("The provider tells no e-mail address")
    UNCONFIRMED = "unconfirmed", _("There is an account with this address, which isn't confirmed on both sides")
    NOT_INVITED = "not_invited", _("There is no account, and this provider makes none")
    SUSPENDED = "suspended", _("The account is suspended")
    ELSEWHERE = "elsewhere", _("It is connected to somebody else's account")


ADVICE = {
    Reason.UNREACHABLE: _(
        "%(provider)s can't be reached at the moment. Nothing is lost: try again in a few minutes, "
        "or sign in another way."
    ),
    Reason.ANSWER: _(
        "%(provider)s answered with something that can't be used. Try again in a few minutes. "
        "If it stays so, tell an administrator."
    ),
    Reason.CONFIGURATION: _(
        "Sign-in with %(provider)s isn't set up as it should be. Tell an administrator, and sign in another way."
    ),
    Reason.TOKEN: _(
        "What %(provider)s says of you can't be trusted, so you were not signed in. Try again. "
        "If it stays so, tell an administrator."
    ),
    Reason.STATE: _(
        "This sign-in began in another browser or too long ago, or was finished already. "
        "Begin again from the sign-in page."
    ),
    Reason.DENIED: _(
        "%(provider)s didn't let you in, or you cancelled it there. You can try again, or sign in another way."
    ),
    Reason.NO_ADDRESS: _(
        "%(provider)s tells no e-mail address of yours, and an account needs one. "
        "Let it tell the address, then try again."
    ),
    Reason.UNCONFIRMED: _(
        "There is an account with your address already, and it isn't certain that it is yours. "
        "Sign in to it first, then connect %(provider)s in your preferences."
    ),
    Reason.NOT_INVITED: _(
        "You have no account here, and %(provider)s alone makes none. Ask an administrator for one with your address."
    ),
    Reason.SUSPENDED: _("This account is suspended. Nothing in it is lost. Ask an administrator to open it again."),
    Reason.ELSEWHERE: _(
        "You are known to %(provider)s by another account here. Sign in to that one, or disconnect it there."
    ),
}


def advice(reason: str, provider: str) -> str:
    return str(ADVICE[Reason(reason)]) % {"provider": provider}


class SSOFailed(OAuth2Error):  # type: ignore[misc]  # allauth has no types
    """Raised wherever a provider doesn't do what it should; allauth's views lead it to the adapter, which shows its
    reason to the person. `detail` is technical, and goes into the trace: no secret, no token."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
