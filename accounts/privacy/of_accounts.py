"""What the register says of accounts, and of what libraries keep of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib import import_module
from uuid import UUID

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db.models import Q
from django.utils.translation import gettext_lazy

from accounts.limits import forget_limits
from accounts.models import Pseudonym, User
from accounts.privacy.data_classes import AUDIT, PROFILE
from accounts.privacy.registry import Erase, Find, NotExported, Rows, System, Table, of, register

READ_AT_ONCE = 1000
_SECRET = gettext_lazy("A secret that opens the account")


def session_keys(user_id: UUID) -> Iterator[str]:
    """A session names its person in what it holds only, so each is looked into."""
    for session in Session.objects.iterator(READ_AT_ONCE):
        if session.get_decoded().get(SESSION_KEY) == str(user_id):
            yield session.session_key


def sessions_of(user_id: UUID) -> Q:
    return Q(pk__in=list(session_keys(user_id)))


def close_account(user_id: UUID) -> None:
    """Also what memory holds of it."""
    store = import_module(settings.SESSION_ENGINE).SessionStore
    for key in list(session_keys(user_id)):
        store(key).delete()
    forget_limits(user_id)


def entries_of(user_id: UUID) -> Q:
    mine = Pseudonym.objects.filter(user=user_id).values("id")
    return Q(actor__in=mine) | Q(subject__in=mine)


def logged_in_admin(user_id: UUID) -> Q:
    """What the person did in the admin, and what was done to their account there, which names its address."""
    account = ContentType.objects.get_for_model(User)
    return Q(user=user_id) | Q(content_type=account, object_id=str(user_id))


def addresses_of(user_id: UUID) -> set[str]:
    people = User.objects.filter(pk=user_id).values_list("email", flat=True)
    return {*people, *EmailAddress.objects.filter(user=user_id).values_list("email", flat=True)}


def named_in_admin(user_id: UUID) -> Q:
    """What was done in the admin to things that are called by the person's address, as an invitation is, or to a team
    whose member they became or were no more."""
    words = {str(user_id), *addresses_of(user_id)}
    # As JSON has them, too; and no part of a longer address.
    escaped = "|".join(re.escape(word) for one in words for word in (one, json.dumps(one)[1:-1]))
    whole = rf"(^|[^a-zA-Z0-9.+_-])({escaped})($|[^a-zA-Z0-9.-])"
    return Q(object_repr__iregex=whole) | Q(change_message__iregex=whole)


def refused_at_provider(user_id: UUID) -> Q:
    """Sign-ins that came to no account, and claimed one of the person's addresses: theirs, or somebody else's."""
    found = Q(pk__in=[])
    for address in addresses_of(user_id):
        # SQLite keeps JSON as it was written, PostgreSQL with the letters themselves.
        for written in (json.dumps(address), f'"{address}"'):
            found |= Q(claims__icontains=written)
    return found & Q(user=None)


def invited(path: str = "") -> Find:
    """What was sent to the person's address, which is all that it knows of them."""

    def find(user_id: UUID) -> Q:
        return Q(**{f"{path}address__in": User.objects.filter(pk=user_id).values("email")})

    return find


SIGN_IN = System(
    "sign_in",
    gettext_lazy("Sessions, limits and keys"),
    (
        Table("sessions.Session", sessions_of, PROFILE, NotExported(_SECRET)),
        Table(
            "accounts.APIKey",
            of("user"),
            PROFILE,
            Rows("api-keys", ("name", "prefix", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at")),
        ),
        Table(
            "usersessions.UserSession",
            of("user"),
            PROFILE,
            Rows("sessions", ("created_at", "last_seen_at", "ip", "user_agent")),
        ),
        Table("mfa.Authenticator", of("user"), PROFILE, Rows("factors", ("type", "created_at", "last_used_at"))),
        Table(
            "accounts.SSOSession", of("user"), PROFILE, Rows("provider-sessions", ("provider", "subject", "began_at"))
        ),
        Table(
            "accounts.SSOTrace",
            of("user"),
            PROFILE,
            Rows("provider-sign-ins", ("at", "provider", "outcome", "reason", "claims", "changes")),
        ),
        Table(
            "accounts.SSOTrace",
            refused_at_provider,
            PROFILE,
            NotExported(gettext_lazy("It may be about somebody else who claims the address")),
        ),
        Table(
            "admin.LogEntry",
            named_in_admin,
            AUDIT,
            NotExported(gettext_lazy("What administrators did, which may name others too")),
        ),
        Table("accounts.SSOGrant", of("user"), PROFILE, Rows("provider-grants", ("provider", "kind", "value"))),
        Table("socialaccount.SocialToken", of("account__user"), PROFILE, NotExported(_SECRET)),
        Table(
            "socialaccount.SocialAccount",
            of("user"),
            PROFILE,
            Rows("connected-accounts", ("provider", "uid", "date_joined", "last_login", "extra_data")),
        ),
        Table("account.EmailConfirmation", of("email_address__user"), PROFILE, NotExported(_SECRET)),
        Table("account.EmailAddress", of("user"), PROFILE, Rows("addresses", ("email", "verified", "primary"))),
    ),
    close_account,
)
PREFERENCES = System(
    "preferences",
    gettext_lazy("Preferences, roles and consents"),
    (
        Table(
            "accounts.Preferences",
            of("user"),
            PROFILE,
            Rows(
                "preferences",
                (
                    *("default_model", "temperature", "memory", "favourite_models", "time_zone", "typeface"),
                    *("send_key", "notifications", "keep_days", "instructions", "facts", "tells_models"),
                    *("suggests_follow_ups", "asks_back"),
                ),
            ),
        ),
        Table("accounts.Membership", of("user"), PROFILE, Rows("teams", ("team__name", "joined_at"))),
        Table("accounts.User_groups", of("user"), PROFILE, Rows("roles", ("group__name",))),
        Table("accounts.User_user_permissions", of("user"), PROFILE, Rows("permissions", ("permission__codename",))),
        Table(
            "accounts.Consent",
            of("user"),
            PROFILE,
            Rows("consents", ("purpose", "version", "is_given", "about", "at")),
        ),
        Table("accounts.Invitation_teams", invited("invitation__"), PROFILE, Rows("invitation-teams", ("team__name",))),
        Table(
            "accounts.Invitation",
            invited(),
            PROFILE,
            Rows("invitation", ("address", "role", "tier", "created_at", "expires_at", "used_at", "revoked_at")),
        ),
        Table(
            "accounts.Invitation",
            of("invited_by"),
            PROFILE,
            NotExported(gettext_lazy("It is about somebody else")),
            Erase.UNLINKED,
            (("invited_by", None),),
            gettext_lazy("The invitation is somebody else's"),
        ),
        Table("accounts.InactivityNotice", of("user"), PROFILE, Rows("notices", ("first_at", "second_at"))),
    ),
)
ACCOUNT = System(
    "account",
    gettext_lazy("The account"),
    (
        Table(
            "accounts.LegalHold",
            of("user"),
            AUDIT,
            NotExported(gettext_lazy("Others' reasons in a dispute")),
        ),
        Table(
            "accounts.LegalHold",
            of("placed_by"),
            AUDIT,
            NotExported(gettext_lazy("It is about somebody else")),
            Erase.UNLINKED,
            (("placed_by", None),),
            gettext_lazy("The hold is about somebody else"),
        ),
        Table("admin.LogEntry", logged_in_admin, AUDIT, Rows("admin-log", ("action_time", "change_message"))),
        Table(
            "accounts.AuditEntry",
            entries_of,
            AUDIT,
            Rows("audit-log", ("number", "at", "action", "object_type", "object_id")),
            Erase.KEPT,
            why=gettext_lazy("Names a pseudonym alone, which belongs to nobody from then on"),
        ),
        Table(
            "accounts.AuditOrigin",
            of("pseudonym__user"),
            AUDIT,
            Rows("audit-origins", ("entry__at", "entry__action", "address", "browser")),
        ),
        Table(
            "accounts.ErasureStep",
            of("request__user"),
            AUDIT,
            NotExported(gettext_lazy("The receipt of an erasure, which is sent at its end")),
            Erase.KEPT,
            why=gettext_lazy("Numbers alone: the receipt"),
        ),
        Table(
            "accounts.ErasureRequest",
            of("user"),
            AUDIT,
            Rows("erasures", ("requested_at", "reason", "due_at", "status")),
            Erase.KEPT,
            why=gettext_lazy("The receipt, under the pseudonym"),
        ),
        Table("accounts.Pseudonym", of("user"), AUDIT, Rows("pseudonym", ("id",))),
        Table(
            "accounts.User",
            of("pk"),
            PROFILE,
            Rows(
                "account",
                (
                    *("id", "email", "first_name", "last_name", "tier", "theme", "language", "is_active"),
                    *("is_staff", "is_superuser", "date_joined", "last_login"),
                ),
            ),
        ),
    ),
)
SYSTEMS = (SIGN_IN, PREFERENCES, ACCOUNT)


def register_accounts() -> None:
    register("accounts", SYSTEMS)
