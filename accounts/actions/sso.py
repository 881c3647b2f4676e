"""What a sign-in through a provider changes: the person's roles, teams and tier by its claims, and the trace of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.actions import people
from accounts.actions.audit import record
from accounts.models import ClaimRule, Membership, Role, SSOGrant, SSOSession, SSOTrace, Team, User
from accounts.sessions import close_sessions_without_factor
from accounts.sso.claims import Outcome, Rule, Ruling, evaluate, storable

TRACE_DAYS = 30
DELETED_AT_ONCE = 1000
# What one trace keeps of claims.
CLAIMS_MAX_CHARS = 32 * 1024


def rules_of(provider: str) -> list[Rule]:
    """Those that apply to its claims, in their order; without a provider those that apply to all."""
    return [rule.as_rule() for rule in ClaimRule.objects.filter(Q(provider="") | Q(provider=provider))]


def apply_claims(*, user: User, provider: str, claims: Mapping[str, Any], outcome: str) -> SSOTrace:
    """Give what the claims give by the rules, end what they gave before and no longer do, and write the trace. What
    somebody gave by hand, or another provider, stays."""
    with transaction.atomic():
        # Also keeps two sign-ins of the same person from counting what the other is about to change.
        people.lock_administrators()
        user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        result = evaluate(claims, rules_of(provider))
        changes = _bring_in_line(user, provider, result)
        if any(one["did"] == "given" for one in changes):
            close_sessions_without_factor(user)
        return write_trace(
            provider=provider,
            user=user,
            outcome=outcome,
            claims=claims,
            verdicts=[as_row(ruling) for ruling in result.rulings],
            changes=changes,
        )


def write_trace(
    *,
    provider: str,
    user: User | None,
    outcome: str,
    reason: str = "",
    detail: str = "",
    claims: Mapping[str, Any] | None = None,
    verdicts: Sequence[dict[str, Any]] = (),
    changes: Sequence[dict[str, str]] = (),
) -> SSOTrace:
    return SSOTrace.objects.create(
        provider=provider,
        user=user,
        outcome=outcome,
        reason=reason,
        detail=detail.replace("\0", "")[:500],
        claims=_kept(claims or {}),
        verdicts=list(verdicts),
        changes=list(changes),
    )


def as_row(ruling: Ruling) -> dict[str, Any]:
    """As the trace keeps it: the rule may be another one by the time it is read."""
    rule = ruling.rule
    return {
        "claim": rule.claim,
        "pattern": rule.pattern,
        "effect": rule.effect,
        "value": name_of(rule.effect, rule.value),
        "verdict": ruling.verdict,
        "values": list(ruling.values[:20]),
        "of": ruling.of,
    }


def remember_session(
    *, user: User, session_key: str, provider: str, claims: Mapping[str, Any], named: str = ""
) -> None:
    """So that the issuer can have it ended. `named` is how it will name the person then, if not as the claims do."""
    subject = (named or str(claims.get("sub", "")))[:255]
    if subject:
        SSOSession.objects.update_or_create(
            session_key=session_key,
            defaults={
                "user": user,
                "provider": provider,
                "issuer": str(claims.get("iss", ""))[:500],
                "subject": subject,
                "sid": str(claims.get("sid") or "")[:255],
            },
        )


def follow_session(*, began_as: str, session_key: str) -> None:
    SSOSession.objects.filter(session_key=began_as).update(session_key=session_key)


def forget_old_sign_ins() -> int:
    """Traces after TRACE_DAYS, and what is remembered of sessions that are over. Returns how many."""
    limit, forgotten = timezone.now() - timedelta(days=TRACE_DAYS), 0
    while doomed := list(SSOTrace.objects.filter(at__lt=limit).values_list("pk", flat=True)[:DELETED_AT_ONCE]):
        SSOTrace.objects.filter(pk__in=doomed).delete()
        forgotten += len(doomed)
    living = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    return forgotten + SSOSession.objects.exclude(session_key__in=living).delete()[0]


def _bring_in_line(user: User, provider: str, result: Outcome) -> list[dict[str, str]]:
    """Returns what changed, and what was kept although the claims no longer give it."""
    kept = {(grant.kind, grant.value): grant for grant in SSOGrant.objects.filter(user=user, provider=provider)}
    changes = []
    for kind, value in sorted(kept.keys() - result.grants):
        if kind == "role" and value == Role.ADMINISTRATOR and people.is_last_administrator(user):
            changes.append({"did": "kept", "kind": kind, "name": value})
            continue
        kept[kind, value].delete()
        if not SSOGrant.objects.filter(user=user, kind=kind, value=value).exists() and _take(user, kind, value):
            changes.append(_recorded("ended", user, provider, kind, value))
    for kind, value in sorted(result.grants):
        if _has(user, kind, value):
            # By hand, unless a provider gave it before: then this one gives it, too.
            if (kind, value) not in kept and SSOGrant.objects.filter(user=user, kind=kind, value=value).exists():
                SSOGrant.objects.create(user=user, provider=provider, kind=kind, value=value)
        elif _give(user, kind, value):
            SSOGrant.objects.get_or_create(user=user, provider=provider, kind=kind, value=value)
            changes.append(_recorded("given", user, provider, kind, value))
    return changes


def _recorded(did: str, user: User, provider: str, kind: str, value: str) -> dict[str, str]:
    record(f"sso.{did}", by=None, concerns=user, details={"provider": provider, "kind": kind, "value": value})
    return {"did": did, "kind": kind, "name": name_of(kind, value)}


def _has(user: User, kind: str, value: str) -> bool:
    if kind == "role":
        return Group.objects.filter(name=value, user=user).exists()
    if kind == "team":
        return Membership.objects.filter(user=user, team_id=value).exists()
    return user.tier == value


def _give(user: User, kind: str, value: str) -> bool:
    """Returns whether it was given: a tier that somebody chose by hand stays."""
    if kind == "role":
        people.give_role_with_rights(user=user, role=Role(value))
    elif kind == "team":
        Membership.objects.get_or_create(user=user, team_id=value)
    else:
        if user.tier and not SSOGrant.objects.filter(user=user, kind="tier", value=user.tier).exists():
            return False
        user.tier = value
        user.save(update_fields=["tier"])
    return True


def _take(user: User, kind: str, value: str) -> bool:
    """Returns whether the person had it."""
    if not _has(user, kind, value):
        return False
    if kind == "role":
        people.take_role(user=user, role=Role(value))
    elif kind == "team":
        Membership.objects.filter(user=user, team_id=value).delete()
    else:
        user.tier = ""
        user.save(update_fields=["tier"])
    return True


def name_of(kind: str, value: str) -> str:
    """Teams by theirs: their id tells nobody anything."""
    team = Team.objects.filter(pk=value).first() if kind == "team" else None
    return team.name if team else value


def _kept(claims: Mapping[str, Any]) -> dict[str, Any]:
    size = len(json.dumps(kept := storable(claims)))
    return kept if size <= CLAIMS_MAX_CHARS else {"…": f"{size} characters, more than a trace keeps"}
