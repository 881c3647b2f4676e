"""The page of the budgets, and each person's page of their own usage."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from providers.actions.ledger import write_lines
from providers.contract import Payer
from providers.models import Budget, BudgetPeriod
from tests.providers.conftest import Clock
from tests.support.entrance import text_of
from tests.support.spending import ask, counters, line, make_api_key, make_budget, make_team

ClientOf = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
FIELDS = {"scope": "user", "target": "alice@example.org", "period": "month", "unit": "money", "limit": "12.50"}
pytestmark = pytest.mark.django_db


@pytest.fixture
def client(admin: User, client_of: ClientOf) -> Client:
    return client_of(admin)


# Adding


@pytest.mark.parametrize(
    ("scope", "target", "name"),
    [
        ("user", " Alice@Example.org ", "alice@example.org, per month"),
        ("team", "research", "Team Research, per month"),
        ("api_key", "cs_abcdef", "API key cs_abcdef… (A key) of alice@example.org, per month"),
        ("site", "", "The whole site, per month"),
    ],
)
def test_a_budget_is_added(client: Client, alice: User, admin: User, scope: str, target: str, name: str) -> None:
    make_team("Research", alice)
    make_api_key(alice)
    response = client.post("/budgets/create/", FIELDS | {"scope": scope, "target": target}, headers=HTMX)
    assert response.status_code == 200
    assert response["HX-Retarget"] == "#budgets"
    assert f"The budget of {name} is in use." in text_of(response)
    budget = Budget.objects.get()
    assert (budget.scope, budget.limit, budget.is_enabled, budget.created_by) == (scope, 12_500_000_000, True, admin)
    assert f"{name} In use $0.00 of $12.50 used" in text_of(client.get("/budgets/"))


def test_without_javascript_the_page_comes_back(client: Client, alice: User) -> None:
    response = client.post("/budgets/create/", FIELDS, follow=True)
    assert response.redirect_chain == [("/budgets/", 302)]
    assert "The budget of alice@example.org, per month is in use." in text_of(response)


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        ({"scope": "planet"}, "scope", "Choose what the budget is for."),
        ({"target": "nobody@example.org"}, "target", "Nobody has an account with this e-mail address."),
        ({"target": ""}, "target", "Nobody has an account"),
        ({"target": "a\x00b"}, "target", "Nobody has an account"),
        ({"scope": "team", "target": "Nobodies"}, "target", "There is no team of this name."),
        ({"scope": "api_key", "target": ""}, "target", "No single API key begins like this."),
        ({"scope": "site"}, "target", "Leave this empty for the whole site"),
        ({"period": "year"}, "limit", "Choose a day or a month."),
        ({"unit": "euro"}, "limit", "Choose dollars or tokens."),
        ({"limit": ""}, "limit", "Enter an amount of dollars above 0"),
        ({"limit": "0"}, "limit", "Enter an amount of dollars above 0"),
        ({"limit": "-5"}, "limit", "Enter an amount of dollars above 0"),
        ({"limit": "1000000001"}, "limit", "Enter an amount of dollars above 0"),
        ({"limit": "12.5", "unit": "tokens"}, "limit", "Enter a whole number of tokens above 0"),
        ({"limit": "٣", "unit": "tokens"}, "limit", "Enter a whole number of tokens above 0"),
        ({"limit": "9" * 25, "unit": "tokens"}, "limit", "Enter a whole number of tokens above 0"),
    ],
)
@pytest.mark.parametrize("headers", [HTMX, {}])
def test_what_is_wrong_is_said_beside_its_field(
    client: Client, alice: User, wrong: dict[str, str], field: str, said: str, headers: dict[str, str]
) -> None:
    response = client.post("/budgets/create/", FIELDS | wrong, headers=headers)
    assert response.status_code == 422
    beside = response.text.split(f'id="budget-{field}-error"')[1].split("</p>")[0]
    assert said in beside
    assert 'value="12.50"' in response.text or "limit" in wrong
    assert not Budget.objects.exists()


@pytest.mark.parametrize("headers", [HTMX, {}])
def test_all_that_is_wrong_is_said_at_once(client: Client, headers: dict[str, str]) -> None:
    def beside(response: Any, field: str) -> str:
        return str(response.text.split(f'id="budget-{field}-error"')[1].split("</p>")[0])

    response = client.post("/budgets/create/", FIELDS | {"target": "nobody", "limit": "0"}, headers=headers)
    assert response.status_code == 422
    assert "Nobody has an account" in beside(response, "target")
    assert "Enter an amount of dollars above 0" in beside(response, "limit")
    response = client.post("/budgets/create/", FIELDS | {"target": "nobody"}, headers=headers)
    assert beside(response, "limit").endswith('role="alert">')
    wrong = {"scope": "planet", "unit": "euro", "period": "year", "limit": "0"}
    response = client.post("/budgets/create/", FIELDS | wrong, headers=headers)
    assert "Choose what the budget is for." in beside(response, "scope")
    # Whom it is for can't be read without that; a line that is empty has no mark.
    assert beside(response, "target").endswith('role="alert">')
    for said in ("Choose dollars or tokens.", "Choose a day or a month."):
        assert said in beside(response, "limit")
    assert not Budget.objects.exists()


def test_a_second_one_of_its_kind_is_refused(client: Client, alice: User) -> None:
    make_budget(unit="money", limit="5")
    response = client.post("/budgets/create/", FIELDS, headers=HTMX)
    assert response.status_code == 422
    assert "There is such a budget already. Change its limit instead." in response.text
    assert Budget.objects.get().limit == 5_000_000_000


@pytest.mark.parametrize(("typed", "limit"), [("1,000,000", 1_000_000), (" 250 ", 250)])
def test_tokens_are_read_as_people_write_them(client: Client, alice: User, typed: str, limit: int) -> None:
    client.post("/budgets/create/", FIELDS | {"unit": "tokens", "limit": typed})
    assert Budget.objects.get().limit == limit


# Changing


@pytest.mark.parametrize("headers", [HTMX, {}])
def test_a_limit_is_changed(client: Client, alice: User, headers: dict[str, str]) -> None:
    budget = make_budget(unit="money", limit="5")
    write_lines([line(Payer(alice.id), (4_500_000, 0))])
    page = client.get("/budgets/")
    assert 'value="5.00"' in page.text
    assert "Nearly used up $4.50 of $5.00 used" in text_of(page)
    response = client.post(f"/budgets/{budget.id}/change/", {"limit": "9.25"}, headers=headers, follow=True)
    assert "The new limit holds from the next request on." in text_of(response)
    assert "In use $4.50 of $9.25 used" in text_of(response)


@pytest.mark.parametrize("headers", [HTMX, {}])
def test_a_wrong_limit_is_said_in_the_row(client: Client, alice: User, headers: dict[str, str]) -> None:
    budget = make_budget(unit="money", limit="5")
    response = client.post(f"/budgets/{budget.id}/change/", {"limit": "much"}, headers=headers)
    assert response.status_code == 422
    row = response.text.split(f'id="budget-{budget.id}"')[1]
    assert "Enter an amount of dollars above 0" in row
    assert 'value="much"' in row
    assert "<details open>" in row
    assert "Enter an amount" not in response.text.split(f'id="budget-{budget.id}"')[0]


@pytest.mark.parametrize("headers", [HTMX, {}])
def test_it_is_put_out_of_use_and_in_use_again(client: Client, alice: User, headers: dict[str, str]) -> None:
    budget = make_budget(limit="100")
    for command, words in (("disable", "Out of use"), ("enable", "In use")):
        response = client.post(f"/budgets/{budget.id}/{command}/", headers=headers, follow=True)
        assert f"alice@example.org, per month {words} 0 of 100 tokens used" in text_of(response)


@pytest.mark.parametrize("headers", [HTMX, {}])
def test_it_is_removed_with_its_counters(client: Client, alice: User, headers: dict[str, str]) -> None:
    budget = make_budget()
    ask(Payer(alice.id))
    response = client.post(f"/budgets/{budget.id}/remove/", headers=headers, follow=True)
    assert "The budget of alice@example.org, per month is removed." in text_of(response)
    assert "everybody may use as much as they like" in text_of(response)
    assert not BudgetPeriod.objects.exists()


def test_the_page_asks_as_much_for_many_budgets_as_for_one(client: Client, alice: User, charlie: User) -> None:
    make_budget()
    client.get("/budgets/")
    with CaptureQueriesContext(connection) as first:
        client.get("/budgets/")
    for period in ("day", "month"):
        make_budget("site", period=period)
        make_budget(target=charlie.email, period=period)
    with CaptureQueriesContext(connection) as second:
        client.get("/budgets/")
    assert len(second) == len(first)


NOWHERE = UUID(int=7)
PATHS = ["create/", *(f"{NOWHERE}/{command}/" for command in ("change", "enable", "disable", "remove"))]


@pytest.mark.parametrize("path", PATHS)
def test_to_everybody_else_there_is_nothing_here(charlie: User, client_of: ClientOf, path: str) -> None:
    assert client_of(charlie).get("/budgets/").status_code == 404
    assert client_of(charlie).post(f"/budgets/{path}", FIELDS).status_code == 404
    assert "/budgets/" not in client_of(charlie).get("/").text
    assert not Budget.objects.exists()


@pytest.mark.parametrize("path", PATHS[1:])
def test_what_is_gone_is_not_found(client: Client, path: str) -> None:
    assert client.post(f"/budgets/{path}", {"limit": "5"}).status_code == 404


def test_a_visitor_is_sent_to_the_sign_in() -> None:
    for path in ("/budgets/", "/usage/"):
        assert Client().get(path)["Location"] == f"/accounts/login/?next={path}"
    for path in PATHS:
        assert Client().post(f"/budgets/{path}")["Location"].startswith("/accounts/login/")


# One's own usage


def test_people_see_what_they_used_by_day_and_model(
    alice: User, charlie: User, client_of: ClientOf, clock: Clock
) -> None:
    payer = Payer(alice.id)
    yesterday, last_month = clock.now - timedelta(days=1), clock.now - timedelta(days=20)
    write_lines([line(payer, (1_000_000, 1_000)), line(payer, (1_000_000, 0)), line(payer, (300, 4), feature="title")])
    write_lines([line(payer, (500, 70), endpoint="ollama", model="llama", ended_at=yesterday)])
    write_lines([line(payer, (9_000_000, 0), ended_at=last_month), line(Payer(charlie.id), (9_000_000, 0))])
    said = text_of(client_of(alice).get("/usage/"))
    assert "In November 2026 so far: 4 calls, cost at least $2.01." in said
    assert "20 Nov 20 November anthropic/claude-haiku-4-5 Answers $2.00 2 2,000,000 1,000" in said
    assert "20 November anthropic/claude-haiku-4-5 Titles $0.0003 1 300 4" in said
    assert "19 Nov 19 November ollama/llama Answers unknown 1 500 70" in said
    assert "Together at least $2.01 4 2,000,800 1,074" in said


@pytest.mark.parametrize(("calls", "words"), [(1, "1 call, cost unknown."), (2, "2 calls, cost unknown.")])
def test_what_has_no_known_price_is_never_shown_as_nothing(
    alice: User, client_of: ClientOf, calls: int, words: str
) -> None:
    write_lines([line(Payer(alice.id), (500, 70), endpoint="ollama", model="llama") for _ in range(calls)])
    said = text_of(client_of(alice).get("/usage/"))
    assert f"so far: {words}" in said
    assert "$0.00" not in said


def test_the_page_and_the_ledger_say_the_same(alice: User, client_of: ClientOf) -> None:
    write_lines([line(Payer(alice.id), (333_333, number)) for number in range(40)])
    budget = make_budget(unit="money", limit="100")
    used = counters(budget)[0]
    assert f"so far: 40 calls, cost ${used / 1e9:.2f}." in text_of(client_of(alice).get("/usage/"))


def test_people_see_the_budgets_that_apply_to_them(alice: User, charlie: User, client_of: ClientOf) -> None:
    team = make_team("Research", alice)
    key = make_api_key(alice)
    make_team("Others", charlie)
    make_api_key(charlie, "cs_other")
    make_budget(limit="1000")
    make_budget("team", "Research", unit="money", limit="20")
    make_budget("api_key", key.prefix, "day", limit="500")
    make_budget("site", unit="money", limit="7000")
    make_budget(target=charlie.email)
    make_budget("team", "Others")
    make_budget("api_key", "cs_other")
    write_lines([line(Payer(alice.id, team.id, key.id), (450, 20))])
    said = text_of(client_of(alice).get("/usage/"))
    assert "API key cs_abcdef… (A key), per day Nearly used up 470 of 500 tokens used" in said
    assert "Your monthly budget In use 470 of 1,000 tokens used · renews on 1 " in said
    assert "Your team's monthly budget In use $0.0006 of $20.00 used" in said
    # What everybody may use is for administrators to know.
    assert "The monthly budget of this site In use 0 % used" in said
    assert "7,000" not in said
    assert said.count("renews on") == 4


def test_who_asked_nothing_is_told_so(alice: User, client_of: ClientOf) -> None:
    month = timezone.now().strftime("%B %Y")
    said = text_of(client_of(alice).get("/usage/"))
    assert f"In {month} so far: 0 calls, cost $0.00." in said
    assert "Nothing was asked this month." in said
