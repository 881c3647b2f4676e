"""What the register of personal data says of the gateway's rows."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy

from accounts.privacy.data_classes import ANALYTICS, AUDIT, CONVERSATIONS, PROFILE
from accounts.privacy.registry import Erase, Inside, NotExported, Rows, System, Table, of, register
from providers.cache.forgetting import forget_user
from providers.models import UsageRecord
from providers.payers import forget_teams

_SITE = gettext_lazy("A setting of the site, which is the site's own")
_SUMS = gettext_lazy("Sums of the site, without the person")
_LEDGER = gettext_lazy("Accounts are kept by law; no line names the person or a key of theirs any more")
_FIGURES = (
    *("created_at", "feature", "endpoint", "model", "outcome", "source", "input_tokens", "output_tokens"),
    *("cached_tokens", "reasoning_tokens", "cost_nanousd", "subject_id", "request_id"),
)
_DAY = ("day", "team__name", "feature", "endpoint", "model", "outcome", "calls", "input_tokens", "output_tokens")


def calls_of(user_id: UUID) -> Q:
    """Calls that were made for what the person asked. They know it by the ledger alone."""
    asked = UsageRecord.objects.filter(user=user_id).values("request_id")
    return Q(request_id__in=asked)


def telling_calls(user_id: UUID) -> Q:
    """Those that still hold what was sent, or a provider's words about it."""
    return calls_of(user_id) & (Q(wire_request__isnull=False) | ~Q(error_detail=""))


def forget_answers(user_id: UUID) -> None:
    forget_user(user_id)
    forget_teams()


def _decided(model: str, path: str) -> Table:
    """What an administrator decided for the site."""
    return Table(model, of(path), AUDIT, NotExported(_SITE), Erase.UNLINKED, ((path, None),), _SITE)


ANSWERS = System(
    "answers",
    gettext_lazy("Response cache"),
    (
        Table(
            "providers.CachedResponse",
            of("asked_by"),
            CONVERSATIONS,
            Rows("cached-answers", ("created_at", "model", "scope", "text", "expires_at")),
        ),
    ),
    forget_answers,
)
KEYS = System(
    "provider_keys",
    gettext_lazy("Provider keys and budgets"),
    (
        Table(
            "providers.PersonalEndpoint",
            of("owner"),
            PROFILE,
            Rows("provider-keys", ("name", "key_hint", "created_at", "last_tested_at")),
        ),
        Table(
            "providers.Reservation",
            of("budget_period__budget__user", "budget_period__budget__api_key__user"),
            PROFILE,
            NotExported(gettext_lazy("Held for two hours at most, for a request that goes on")),
        ),
        Table(
            "providers.BudgetPeriod",
            of("budget__user", "budget__api_key__user"),
            PROFILE,
            Rows("budget-periods", ("budget_id", "starts_on", "used")),
        ),
        Table(
            "providers.Budget",
            of("user", "api_key__user"),
            PROFILE,
            Rows("budgets", ("id", "scope", "period", "unit", "limit", "is_enabled", "created_at")),
        ),
        _decided("providers.Budget", "created_by"),
    ),
)
LEDGER = System(
    "ledger",
    gettext_lazy("Ledger, calls and reports"),
    (
        Table(
            "providers.Attempt",
            telling_calls,
            CONVERSATIONS,
            Rows("calls", ("started_at", "endpoint", "model", "outcome", "duration_ms", "error_code")),
            Erase.UNLINKED,
            (("wire_request", None), ("error_detail", "")),
            gettext_lazy("The call stays, without what was sent"),
        ),
        Table(
            "providers.RoutingDecision",
            calls_of,
            AUDIT,
            Rows("routing", ("created_at", "asked", "reason", "cache")),
            Erase.KEPT,
            why=gettext_lazy("Names models alone"),
        ),
        Table(
            "providers.UsageRecord",
            # What a key paid for bears the person too; asked for as well, it would have the whole ledger read.
            of("user"),
            AUDIT,
            Rows("usage", _FIGURES),
            Erase.UNLINKED,
            (("user", None), ("api_key", None)),
            _LEDGER,
        ),
        Table(
            "providers.UsageDay",
            of("user"),
            ANALYTICS,
            Rows("usage-by-day", _DAY),
            Erase.UNLINKED,
            (("user", None),),
            _SUMS,
        ),
        Table(
            "providers.UsageDayByPayer",
            of("user"),
            ANALYTICS,
            Inside("account/usage-by-day"),
            Erase.UNLINKED,
            (("user", None),),
            _SUMS,
        ),
    ),
)
SITE = System(
    "site",
    gettext_lazy("Settings of the site"),
    (
        _decided("providers.Endpoint", "created_by"),
        _decided("providers.ModelRow", "created_by"),
        _decided("providers.LevelPin", "by"),
        _decided("providers.Worth", "set_by"),
        _decided("providers.CacheSettings", "updated_by"),
    ),
)


def register_providers() -> None:
    register("providers", (ANSWERS, KEYS, LEDGER, SITE))
