"""Tiers that teams give: whose hold, for limits, models and what apps are told, from the next request on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.backend import PersonBackend
from accounts.limits import allowance_of
from accounts.models import Team, User
from providers.contract import Payer
from providers.model_access import excluded_for
from providers.models import AccessLimit
from tests.support.entrance import text_of

ClientOf = Callable[[User], Client]
DjangoAssertNumQueries = Callable[[int], object]


def join(person: User, *tiers: str) -> None:
    for number, tier in enumerate(tiers):
        person.teams.add(Team.objects.create(name=f"Team {number} of {person.email}", tier=tier))


def as_read(person: User) -> User:
    """As a request has them."""
    read = PersonBackend().get_user(person.pk)
    assert read is not None
    return read


@pytest.mark.parametrize(
    ("own", "of_teams", "holds"),
    [
        ("", (), ""),
        ("", ("",), ""),
        ("", ("starter", "enterprise", "", "free"), "enterprise"),
        ("free", ("enterprise",), "free"),
        ("professional", ("",), "professional"),
    ],
)
def test_ones_own_goes_before_the_highest_of_the_teams(
    alice: User, own: str, of_teams: tuple[str, ...], holds: str
) -> None:
    alice.tier = own
    alice.save()
    join(alice, *of_teams)
    assert as_read(alice).tier_in_force == holds
    assert User.objects.get(id=alice.id).tier_in_force == holds


def test_a_request_asks_for_it_with_the_person(alice: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    join(alice, "starter", "free")
    with django_assert_num_queries(1):  # type: ignore[attr-defined]  # a context
        assert as_read(alice).tier_in_force == "starter"


def test_limits_and_models_go_by_it(alice: User, charlie: User) -> None:
    join(alice, "enterprise")
    assert allowance_of(as_read(alice)).requests.amount == 1_000
    assert allowance_of(as_read(charlie)).requests.amount == 100
    AccessLimit.objects.create(name="openai/gpt-4o", tiers=["enterprise"])
    assert excluded_for(Payer(user_id=alice.id), ["openai/gpt-4o"]) == {}
    assert excluded_for(Payer(user_id=charlie.id), ["openai/gpt-4o"]) == {"openai/gpt-4o": "Not for your tier"}
    alice.teams.clear()
    assert excluded_for(Payer(user_id=alice.id), ["openai/gpt-4o"]) == {"openai/gpt-4o": "Not for your tier"}


def test_an_administrator_gives_it(alice: User, client_of: ClientOf) -> None:
    alice.is_staff = alice.is_superuser = True
    alice.save()
    team = Team.objects.create(name="Payments")
    client = client_of(alice)
    form = {"name": "Payments", "tier": "professional", "memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}
    assert client.post(f"/admin/accounts/team/{team.id}/change/", form).status_code == 302
    team.refresh_from_db()
    assert team.tier == "professional"
    assert "Professional" in text_of(client.get("/admin/accounts/team/"))
