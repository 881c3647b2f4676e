"""Signing in through a certified issuer, in a browser: first sign-in, linking, teams, and a logout there that ends an
open page here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from playwright.async_api import Page, expect
from pytest_django import Settings

from accounts.models import ClaimRule, SSOTrace, Team, User
from chat.models import Conversation
from chat.runs.engine import Engine
from tests.browser.conftest import OpenPage
from tests.support.axe import assert_accessible
from tests.support.issuer import SCOPES, SECRET, CertifiedIssuer, certified_issuer
from tests.support.scripted import ScriptedAdapter
from tests.support.server import Server
from tests.support.threads import in_thread
from tests.support.turns import begin_turn


@pytest.fixture
def issuer(server: Server, settings: Settings) -> Iterator[CertifiedIssuer]:
    with certified_issuer(f"http://{server.address}") as issuer:
        settings.SSO_PROVIDERS = [
            {
                "kind": "oidc",
                "slug": "oidc",
                "name": "The Works",
                "client_id": "convoscope",
                "secret": SECRET,
                "issuer": issuer.url,
                "scopes": SCOPES,
                "creates_accounts": True,
            }
        ]
        issuer.claim("alice", name="Alice Ames", email="alice@example.org", email_verified=True, groups=["bakers"])
        yield issuer


async def sign_in_there(page: Page, name: str = "alice") -> None:
    await page.get_by_role("button", name="Continue with The Works").click()
    await page.get_by_label("Name").fill(name)
    await page.get_by_role("button", name="Sign in", exact=True).click()


async def is_in(page: Page) -> None:
    await expect(page.get_by_role("textbox", name="Message")).to_be_visible()


async def open_conversation(page: Page, engine: Engine) -> None:
    """The same for all pages, which hold a socket each."""
    person = await in_thread(User.objects.get, email="alice@example.org")
    conversation = await in_thread(Conversation.objects.first)
    if conversation is None:
        conversation = (await begin_turn(engine, person, "Which flour?")).conversation
    await page.goto(f"{page.url.rstrip('/')}/conversations/{conversation.id}/")
    await expect(page.locator("[data-tail]")).to_be_visible()


async def sign_out(page: Page) -> None:
    """Here and there."""
    await page.context.clear_cookies()


def traces() -> list[str]:
    return list(SSOTrace.objects.order_by("at").values_list("outcome", flat=True))


async def test_a_first_sign_in_makes_an_account_and_a_membership_that_ends_with_its_claim(
    open_page: OpenPage, issuer: CertifiedIssuer, charlie: User
) -> None:
    def add_rule() -> None:
        team = Team.objects.create(name="Makers")
        ClaimRule.objects.create(claim="groups", pattern="bakers", effect="team", team=team)

    await in_thread(add_rule)
    page = await open_page("/accounts/login/")
    await sign_in_there(page)
    await is_in(page)
    person = await in_thread(User.objects.get, email="alice@example.org")
    assert (person.first_name, person.last_name) == ("Alice", "Ames")
    assert await in_thread(lambda: list(person.teams.values_list("name", flat=True))) == ["Makers"]
    issuer.claim("alice", email="alice@example.org", email_verified=True, groups=["cooks"])
    await sign_out(page)
    await page.goto(page.url)
    await sign_in_there(page)
    await is_in(page)
    assert await in_thread(lambda: list(person.teams.values_list("name", flat=True))) == []
    assert await in_thread(traces) == ["created", "signed_in"]


async def test_a_confirmed_address_links_and_an_unconfirmed_one_does_not(
    open_page: OpenPage, issuer: CertifiedIssuer, alice: User, console: list[str]
) -> None:
    issuer.claim("alice", email="Alice@Example.org", email_verified=False)
    await in_thread(EmailAddress.objects.create, user=alice, email=alice.email, verified=True, primary=True)
    page = await open_page("/accounts/login/")
    await sign_in_there(page)
    await expect(page.get_by_role("alert")).to_contain_text("Sign in to it first, then connect The Works")
    await assert_accessible(page)
    assert [line for line in console if "403" not in line] == []
    console.clear()
    issuer.claim("alice", email="Alice@Example.org", email_verified=True)
    await page.get_by_role("link", name="Back to the sign-in page").click()
    await page.get_by_role("button", name="Continue with The Works").click()
    await is_in(page)
    assert await in_thread(traces) == ["refused", "linked"]
    await page.goto(f"{page.url.rstrip('/')}/accounts/3rdparty/")
    await expect(page.get_by_role("heading", name="The Works")).to_be_visible()
    await assert_accessible(page)


async def test_a_logout_there_ends_an_open_page_here(
    open_page: OpenPage, issuer: CertifiedIssuer, engine: Engine, charlie: User, script: ScriptedAdapter
) -> None:
    page = await open_page("/accounts/login/")
    await sign_in_there(page)
    await is_in(page)
    script.say("Rye")
    await open_conversation(page, engine)
    there = await page.context.new_page()
    await there.goto(f"{issuer.url}/session/end")
    await there.get_by_role("button", name="Sign out").click()
    await expect(there.get_by_role("heading", name="Signed out")).to_be_visible()
    await expect(page).to_have_url(re.compile("/accounts/login/"))
    assert await in_thread(traces) == ["created", "signed_out"]


@pytest.mark.parametrize("width", [1280, 390])
async def test_who_signs_out_here_is_led_to_the_sign_out_there(
    open_page: OpenPage, issuer: CertifiedIssuer, charlie: User, width: int
) -> None:
    page = await open_page("/accounts/login/", viewport={"width": width, "height": 844})
    await sign_in_there(page)
    await is_in(page)
    origin = page.url.rstrip("/")
    await page.goto(f"{origin}/accounts/logout/")
    await page.get_by_role("main").get_by_role("button", name="Sign out").click()
    await expect(page.get_by_text("You are signed out.")).to_be_visible()
    await assert_accessible(page)
    await page.get_by_role("link", name="Sign out at The Works").click()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("heading", name="Signed out")).to_be_visible()
    # It asks for the name again.
    await page.goto(f"{origin}/accounts/login/")
    await sign_in_there(page)
    await is_in(page)


async def test_who_is_deactivated_there_is_out_here_in_every_browser(
    open_page: OpenPage, issuer: CertifiedIssuer, engine: Engine, charlie: User, script: ScriptedAdapter
) -> None:
    script.say("Rye")
    pages = []
    for _ in range(2):
        page = await open_page("/accounts/login/")
        await sign_in_there(page)
        await is_in(page)
        await open_conversation(page, engine)
        pages.append(page)
    await in_thread(issuer.deactivate, "alice")
    for page in pages:
        await expect(page).to_have_url(re.compile("/accounts/login/"))
    # The issuer's own session is the cookie's.
    await pages[0].context.clear_cookies()
    await pages[0].goto(pages[0].url)
    await sign_in_there(pages[0])
    await expect(pages[0].get_by_text("There is no such account, or it is deactivated.")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
async def test_the_pages_can_be_used_by_everybody(
    open_page: OpenPage, issuer: CertifiedIssuer, admin: User, console: list[str], width: int
) -> None:
    options: dict[str, Any] = {"viewport": {"width": width, "height": 844}}
    page = await open_page("/accounts/login/", **options)
    await expect(page.get_by_role("button", name="Continue with The Works")).to_be_visible()
    await assert_accessible(page)
    origin = page.url.partition("/accounts/")[0]
    for path in ("sso/oidc/start/", "3rdparty/login/cancelled/"):
        await page.goto(f"{origin}/accounts/{path}")
        await assert_accessible(page)

    def fill() -> None:
        ClaimRule.objects.create(claim="groups", pattern="bakers", effect="role", role="analyst")
        ClaimRule.objects.create(claim="groups", pattern="*", effect="tier", tier="free", provider="oidc")
        verdict = {"claim": "groups", "pattern": "b*", "value": "analyst", "verdict": "no_match", "values": [], "of": 2}
        SSOTrace.objects.create(
            provider="oidc",
            user=admin,
            outcome="signed_in",
            claims={"groups": ["a" * 90, "b"]},
            verdicts=[verdict],
            changes=[{"did": "given", "kind": "role", "name": "analyst"}],
        )
        SSOTrace.objects.create(provider="oidc", outcome="failed", reason="token", detail="the ID token " + "x" * 90)

    await in_thread(fill)
    page = await open_page("/sso/", user=admin, **options)
    await page.get_by_role("textbox", name="Claims").fill('{"groups": ["bakers", "cooks"]}')
    await page.get_by_role("button", name="See what they give").click()
    await expect(page.locator("#tried")).to_contain_text("analyst")
    await page.get_by_text("Claims and verdicts").first.click()
    await assert_accessible(page)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.get_by_role("textbox", name="Claims").fill("nonsense")
    await page.get_by_role("button", name="See what they give").click()
    await expect(page.get_by_text("This is no JSON: line 1, character 1")).to_be_visible()
    await assert_accessible(page)
    assert [line for line in console if "422" not in line] == []
    console.clear()
