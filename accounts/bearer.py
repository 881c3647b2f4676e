"""Who sends a request that has no session: by a personal key, a token for apps, or one of an identity provider."""

from __future__ import annotations

from dataclasses import dataclass

from allauth.headless.tokens.strategies.jwt.internal import validate_access_token
from django.conf import settings
from django.utils.translation import gettext as _

from accounts import second_factor
from accounts.actions.api_keys import MARK, find_api_key
from accounts.models import APIKey, Role, User
from accounts.roles import has_role
from accounts.sso.outside import read_token
from accounts.tokens import is_for_us
from convoscope.errors import AppError

# What a token may do: all that its person may, but for administration, which asks for a key made for it.
OF_TOKENS = frozenset(APIKey.Scope.values) - {APIKey.Scope.ADMIN}


class NotAuthenticated(AppError):
    """For a client whose key or token opens nothing. Why, it isn't told."""

    code = "AUTHENTICATION_ERROR"
    http_status = 401


class OutOfScope(AppError):
    """For a client whose key may do other things only."""

    code = "AUTHENTICATION_ERROR"
    http_status = 403


class SetUpFirst(AppError):
    """For a client whose person has something to do before anything is open to them."""

    code = "AUTHENTICATION_ERROR"
    http_status = 403


@dataclass(frozen=True, slots=True)
class Bearer:
    """`key` is the personal key that was sent, if it was one; usage is booked on it."""

    user: User
    scopes: frozenset[str]
    key: APIKey | None = None

    def require(self, scope: APIKey.Scope) -> None:
        """Raises: OutOfScope."""
        if scope not in self.scopes:
            raise OutOfScope(
                _("This key may not do that: it lacks the scope “%(scope)s”. Make one that has it.") % {"scope": scope}
            )


def bearer_of(authorization: str) -> Bearer:
    """By the value of the header of that name.

    Raises: NotAuthenticated, SetUpFirst, IssuerDown.
    """
    scheme, _space, token = authorization.strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise NotAuthenticated(_("Send a key or a token: “Authorization: Bearer …”."))
    found = _by_key(token) if token.startswith(MARK) else _by_token(token) or _by_outside_token(token)
    if found is None:
        raise NotAuthenticated(_("This key or token isn't valid, or not any more. Make a new one."))
    _require_open(found.user)
    return found


def _require_open(person: User) -> None:
    """What keeps a person's pages from them keeps their programs out.

    Raises: SetUpFirst.
    """
    if second_factor.is_missing(person):
        raise SetUpFirst(_("This account needs a second factor. Sign in and set one up."))
    if person.has_terms_due:
        raise SetUpFirst(_("The terms of this site have changed. Sign in and read them."))


def _by_key(token: str) -> Bearer | None:
    key = find_api_key(token)
    if key is None:
        return None
    scopes = set(key.scopes)
    # It may have been an administrator's.
    if not has_role(key.user, Role.ADMINISTRATOR):
        scopes.discard(APIKey.Scope.ADMIN)
    return Bearer(key.user, frozenset(scopes), key)


def _by_token(token: str) -> Bearer | None:
    # Without a key that signs there are none.
    valid = validate_access_token(token) if settings.HEADLESS_JWT_PRIVATE_KEY else None
    if valid is None or not is_for_us(valid[1]) or not valid[0].is_active:
        return None
    return Bearer(valid[0], OF_TOKENS)


def _by_outside_token(token: str) -> Bearer | None:
    """An identity provider's. Who it names is known by having signed in through it; an address alone says nothing.

    Raises: SetUpFirst, IssuerDown.
    """
    found = read_token(token)
    if found is None:
        return None
    person = found.person
    if person is None:
        raise SetUpFirst(
            _("No account here is connected to whom this token names. Sign in with %(provider)s here once.")
            % {"provider": found.provider}
        )
    if not person.is_active:
        return None
    if person.has_second_factor and not found.is_by_several_factors:
        raise SetUpFirst(
            _(
                "This account has a second factor, and the token doesn't say that %(provider)s asked for one. "
                "Use a personal key instead."
            )
            % {"provider": found.provider}
        )
    return Bearer(person, OF_TOKENS)
