"""What a token for apps says of models and budgets: what is open to its person, and what is left."""

from __future__ import annotations

from typing import Any

import jwt
import pytest
from django.test import Client

from accounts.models import Team, User
from providers.actions.models import limit_access
from providers.budgets import forget_budgets
from providers.configured import forget_rows
from providers.contract import Payer
from providers.models import Budget
from tests.support.spending import admin, ask, make_budget, make_team

pytestmark = pytest.mark.django_db
JSON = "application/json"


def sign_in() -> Any:
    fields = {"email": "alice@example.org", "password": "a long enough password"}
    return Client().post("/api/v1/auth/login", fields, JSON).json()["meta"]


def claims(token: str) -> tuple[list[str], int | None]:
    told = jwt.decode(token, options={"verify_signature": False})
    return told["features"], told["token_budget"]


def test_where_nothing_is_limited_there_is_nothing_to_tell(alice: User) -> None:
    assert claims(sign_in()["access_token"]) == ([], None)


def test_features_are_what_tier_and_teams_open(alice: User) -> None:
    team, other = make_team("Research", alice), make_team("Sales")
    limits: dict[str, tuple[list[Team], list[str]]] = {
        "openai": ([team], []),
        "anthropic": ([other], []),
        "gemini": ([], ["enterprise"]),
        "openai/gpt-4o": ([], ["free"]),
        "gemini/gemini-2.5-pro": ([team], []),
        "openai/o3": ([team], ["enterprise"]),
    }
    for name, (teams, tiers) in limits.items():
        limit_access(name=name, teams=teams, tiers=tiers, by=admin())
    User.objects.filter(pk=alice.pk).update(tier="free")
    forget_rows()
    meta = sign_in()
    # A model's limit holds beside its provider's.
    assert claims(meta["access_token"])[0] == ["openai", "openai/gpt-4o"]
    User.objects.filter(pk=alice.pk).update(tier="enterprise")
    renewed = Client().post("/api/v1/auth/tokens/refresh", {"refresh_token": meta["refresh_token"]}, JSON)
    assert claims(renewed.json()["data"]["access_token"])[0] == [
        "gemini",
        "gemini/gemini-2.5-pro",
        "openai",
        "openai/o3",
    ]


def test_the_budget_is_the_least_that_is_left_of_theirs(alice: User, charlie: User) -> None:
    team = make_team("Research", alice)
    # Of the site's people are told how full it is alone.
    make_budget("site", limit="5")
    make_budget(target="charlie@example.org", limit="7")
    make_budget(unit="money", limit="1")
    assert claims(sign_in()["access_token"])[1] is None
    make_budget(limit="900")
    assert claims(sign_in()["access_token"])[1] == 900
    make_budget("team", "Research", "day", limit="500")
    assert claims(sign_in()["access_token"])[1] == 500
    Budget.objects.filter(scope="site").delete()
    forget_budgets()
    ask(Payer(alice.id, team.id), 450)
    assert claims(sign_in()["access_token"])[1] == 50
    Budget.objects.filter(scope="team").update(limit=100)
    forget_budgets()
    assert claims(sign_in()["access_token"])[1] == 0
