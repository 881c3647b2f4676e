"""What claims give and take at a sign-in: by rules only, without touching what was given by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from accounts.actions.people import make_administrator, roles_of
from accounts.models import AuditEntry, ClaimRule, Membership, Role, SSOGrant, SSOTrace, Team, User
from tests.support.sso import Issuer, sign_in_at

pytestmark = pytest.mark.django_db


def add_rule(pattern: str, effect: str, *, position: int = 10, **given: Any) -> ClaimRule:
    rule = ClaimRule(claim="groups", pattern=pattern, effect=effect, position=position, **given)
    rule.full_clean()
    rule.save()
    return rule


@pytest.fixture
def bakers() -> Team:
    return Team.objects.create(name="Bakers")


def sign_in_with(issuer: Issuer, *groups: str) -> User:
    issuer.claims["groups"] = list(groups)
    assert sign_in_at(issuer).status_code == 302
    return User.objects.get(email="alice@example.org")


def changes() -> list[tuple[str, str, str]]:
    trace = SSOTrace.objects.latest("at")
    return [(one["did"], one["kind"], one["name"]) for one in trace.changes]


def teams_of(person: User) -> list[str]:
    return list(person.teams.values_list("name", flat=True))


def test_teams_roles_and_tier_come_and_go_with_the_claims(issuer: Issuer, charlie: User, bakers: Team) -> None:
    add_rule("bakers", "team", team=bakers)
    add_rule("*-analysts", "role", role="analyst")
    add_rule("gold", "tier", tier="enterprise")
    person = sign_in_with(issuer, "bakers", "data-analysts", "gold")
    assert (teams_of(person), roles_of(person), person.tier) == (["Bakers"], ["analyst", "user"], "enterprise")
    assert sorted(changes()) == [
        ("given", "role", "analyst"),
        ("given", "team", "Bakers"),
        ("given", "tier", "enterprise"),
    ]
    assert AuditEntry.objects.filter(action="sso.given").count() == 3
    sign_in_with(issuer, "bakers", "data-analysts", "gold")
    assert changes() == []
    person = sign_in_with(issuer)
    assert (teams_of(person), roles_of(person), person.tier) == ([], ["user"], "")
    assert [one[0] for one in changes()] == ["ended"] * 3
    assert AuditEntry.objects.filter(action="sso.ended").count() == 3
    assert not SSOGrant.objects.exists()


def test_the_trace_has_claims_and_verdicts(issuer: Issuer, charlie: User, bakers: Team) -> None:
    add_rule("bakers", "team", team=bakers)
    sign_in_with(issuer, "cooks")
    trace = SSOTrace.objects.get()
    assert trace.claims["groups"] == ["cooks"]
    [verdict] = trace.verdicts
    assert (verdict["verdict"], verdict["value"], verdict["of"]) == ("no_match", "Bakers", 1)


def test_a_group_called_like_a_role_gives_none(issuer: Issuer, charlie: User) -> None:
    person = sign_in_with(issuer, "administrator", "moderator", "admin")
    assert roles_of(person) == ["user"]
    assert not person.is_staff


def test_what_was_given_by_hand_stays(issuer: Issuer, charlie: User, bakers: Team) -> None:
    add_rule("bakers", "team", team=bakers)
    add_rule("gold", "tier", tier="enterprise")
    person = sign_in_with(issuer)
    Membership.objects.create(user=person, team=bakers)
    User.objects.filter(pk=person.pk).update(tier="starter")
    person = sign_in_with(issuer, "bakers", "gold")
    assert person.tier == "starter"
    assert changes() == []
    person = sign_in_with(issuer)
    assert (teams_of(person), person.tier) == (["Bakers"], "starter")


def test_what_two_providers_give_ends_with_the_second(issuer: Issuer, charlie: User, bakers: Team) -> None:
    add_rule("bakers", "team", team=bakers)
    person = sign_in_with(issuer, "bakers")
    SSOGrant.objects.create(user=person, provider="another", kind="team", value=str(bakers.pk))
    assert teams_of(sign_in_with(issuer)) == ["Bakers"]
    assert changes() == []
    SSOGrant.objects.all().delete()
    SSOGrant.objects.create(user=person, provider="oidc", kind="team", value=str(bakers.pk))
    assert teams_of(sign_in_with(issuer)) == []


def test_rules_of_another_provider_say_nothing(issuer: Issuer, charlie: User, bakers: Team) -> None:
    add_rule("bakers", "team", team=bakers, provider="another")
    assert teams_of(sign_in_with(issuer, "bakers")) == []


@pytest.mark.parametrize(
    ("role", "rights"), [("moderator", (True, False)), ("administrator", (True, True)), ("analyst", (False, False))]
)
def test_a_role_comes_with_its_rights(issuer: Issuer, charlie: User, role: str, rights: tuple[bool, bool]) -> None:
    make_administrator(user=charlie)
    add_rule("chosen", "role", role=role)
    person = sign_in_with(issuer, "chosen")
    assert (person.is_staff, person.is_superuser) == rights
    assert roles_of(person) == sorted({role, "user"})
    person = sign_in_with(issuer)
    assert (person.is_staff, person.is_superuser) == (False, False)
    assert roles_of(person) == ["user"]


def test_a_moderator_who_is_no_longer_administrator_stays_on_the_staff(issuer: Issuer, charlie: User) -> None:
    make_administrator(user=charlie)
    add_rule("chosen", "role", role="administrator")
    add_rule("*", "role", role="moderator")
    sign_in_with(issuer, "chosen")
    person = sign_in_with(issuer, "another")
    assert (person.is_staff, person.is_superuser, roles_of(person)) == (True, False, ["moderator", "user"])


def test_the_last_administrator_stays(issuer: Issuer, charlie: User) -> None:
    add_rule("chosen", "role", role="administrator")
    person = sign_in_with(issuer, "chosen")
    assert person.is_superuser
    person = sign_in_with(issuer)
    assert person.is_superuser
    assert changes() == [("kept", "role", "administrator")]
    make_administrator(user=charlie)
    person = sign_in_with(issuer)
    assert not person.is_superuser
    assert roles_of(person) == [Role.USER]


def test_claims_that_are_large_or_odd_are_kept_as_far_as_they_can_be(issuer: Issuer, charlie: User) -> None:
    issuer.claims |= {"given_name": "A\0lice", "sub": "sub\0-1"}
    issuer.claims |= {"large": 10**30, "endless": float("inf"), "deep": json.loads("[" * 200 + "]" * 200)}
    sign_in_with(issuer, "with a \0", "a \\u0000 that is none")
    assert SSOTrace.objects.latest("at").claims["groups"] == ["with a ", "a \\u0000 that is none"]
    sign_in_with(issuer, *(f"group-{number}" for number in range(5000)))
    assert list(SSOTrace.objects.latest("at").claims) == ["…"]


# The rules


def test_rules_that_go_round_are_refused_by_name() -> None:
    add_rule("bakers", "counts_as", counts_as="makers")
    add_rule("makers", "counts_as", counts_as="people")
    with pytest.raises(ValidationError, match="bakers → makers → people → bakers"):
        add_rule("people", "counts_as", counts_as="bakers")


@pytest.mark.parametrize(
    "given",
    [
        {"effect": "role"},
        {"effect": "role", "role": "analyst", "tier": "free"},
        {"effect": "team"},
        {"effect": "tier", "role": "analyst"},
        {"effect": "counts_as"},
    ],
    ids=str,
)
def test_the_database_holds_one_effect(given: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ClaimRule.objects.create(claim="groups", pattern="x", **given)


def test_a_team_that_rules_name_stays(bakers: Team) -> None:
    add_rule("bakers", "team", team=bakers)
    with pytest.raises(ProtectedError):
        bakers.delete()
