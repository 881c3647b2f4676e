"""Account pages, preferences and the admin in a real browser: usable by everybody, and nothing blocked by the CSP."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from playwright.async_api import Page, expect
from pytest_django import Settings

from accounts.actions.invitations import invite
from accounts.actions.people import give_role
from accounts.models import Invitation, Role, User
from chat.models import Conversation
from chat.runs.engine import Engine
from tests.browser.conftest import OpenPage
from tests.support.axe import assert_accessible
from tests.support.pages import pasted
from tests.support.turns import begin_turn, make_turn, until

VISITORS = [
    "login/",
    "login/code/",
    "signup/",
    "inactive/",
    "password/reset/",
    "password/reset/done/",
    "password/reset/key/1-made-up/",
    "password/reset/key/done/",
    "confirm-email/",
    "confirm-email/made-up/",
]
PEOPLES = ["logout/", "email/", "password/change/", "reauthenticate/"]
WIDTHS = [1280, 390]


def looks(width: int) -> dict[str, Any]:
    return {"viewport": {"width": width, "height": 800}}


@pytest.fixture
def _with_mail(settings: Settings) -> None:
    settings.SENDS_MAIL = True


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.usefixtures("_with_mail")
async def test_a_visitors_pages_can_be_used_by_everybody(open_page: OpenPage, alice: User, width: int) -> None:
    page = await open_page("/accounts/login/", **looks(width))
    for path in VISITORS:
        await page.goto(f"{page.url.split('/accounts/')[0]}/accounts/{path}")
        await assert_accessible(page)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.usefixtures("_with_mail")
async def test_a_persons_pages_can_be_used_by_everybody(open_page: OpenPage, alice: User, width: int) -> None:
    page = await open_page("/preferences/", user=alice, **looks(width))
    await assert_accessible(page)
    for path in PEOPLES:
        await page.goto(f"{page.url.split('/accounts/')[0].split('/preferences/')[0]}/accounts/{path}")
        await assert_accessible(page)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.usefixtures("_with_mail")
async def test_pages_behind_a_mails_link_can_be_used_by_everybody(
    open_page: OpenPage, alice: User, engine: Engine, width: int
) -> None:
    def links() -> list[str]:
        address = EmailAddress.objects.create(user=alice, email="alice.new@example.org")
        key = f"{user_pk_to_url_str(alice)}-{default_token_generator.make_token(alice)}"
        return [f"confirm-email/{EmailConfirmationHMAC(address).key}/", f"password/reset/key/{key}/"]

    confirm, reset = await engine.database.run(links)
    page = await open_page(f"/accounts/{confirm}", **looks(width))
    await expect(page.get_by_role("button", name="Confirm")).to_be_visible()
    await assert_accessible(page)
    await page.goto(f"{page.url.split('/accounts/')[0]}/accounts/{reset}")
    await expect(page.get_by_label("New password")).to_be_visible()
    await assert_accessible(page)


@pytest.mark.parametrize("width", WIDTHS)
async def test_pages_of_refusal_can_be_used_by_everybody(
    open_page: OpenPage, charlie: User, engine: Engine, console: list[str], width: int
) -> None:
    page = await open_page("/admin/", user=charlie, **looks(width))
    await expect(page.get_by_role("heading", name="This page isn't for your account")).to_be_visible()
    await assert_accessible(page)
    await page.goto(page.url.replace("/admin/", "/nothing/"))
    await assert_accessible(page)

    def forget_password() -> None:
        charlie.set_unusable_password()
        charlie.save()

    await engine.database.run(forget_password)
    page = await open_page("/accounts/password/set/", user=charlie, **looks(width))
    await expect(page.get_by_role("heading", name="Set a password")).to_be_visible()
    await assert_accessible(page)
    assert [line for line in console if "403" not in line and "404" not in line] == []
    console.clear()


@pytest.mark.parametrize("width", WIDTHS)
async def test_first_run_and_closed_sign_up_can_be_used_by_everybody(
    open_page: OpenPage, settings: Settings, engine: Engine, width: int
) -> None:
    page = await open_page("/", **looks(width))
    await expect(page.get_by_text("This is a new Convoscope.")).to_be_visible()
    await assert_accessible(page)
    settings.SIGNUP_POLICY = "invitation"
    await engine.database.run(User.objects.create_user, "alice@example.org")
    await page.reload()
    await expect(page.get_by_role("heading", name="Sign-up is closed")).to_be_visible()
    await assert_accessible(page)


async def test_errors_can_be_perceived_by_everybody(open_page: OpenPage, alice: User) -> None:
    page = await open_page("/accounts/signup/")
    await page.get_by_label("E-mail address").fill("no address")
    await page.get_by_role("button", name="Create account").click()
    field = page.get_by_label("E-mail address")
    await expect(field).to_have_value("no address")
    await expect(field).to_have_attribute("aria-invalid", "true")
    await expect(field).to_be_focused()
    await expect(field).to_have_accessible_description("This is not an e-mail address. It looks like name@example.org.")
    await assert_accessible(page)


async def test_the_first_person_signs_up_and_asks(open_page: OpenPage, engine: Engine) -> None:
    page = await open_page("/")
    await page.get_by_label("E-mail address").fill("alice@example.org")
    await page.get_by_label("Password").fill("four unrelated words")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("textbox", name="Message")).to_be_visible()
    user = await engine.database.run(User.objects.get)
    assert user.is_superuser


async def test_a_theme_is_chosen(open_page: OpenPage, alice: User) -> None:
    page = await open_page("/preferences/", user=alice)
    await page.get_by_label("Theme").select_option("dark")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")


async def test_the_admin_works_within_the_content_policy(open_page: OpenPage, alice: User, engine: Engine) -> None:
    """The console of `open_page` fails the test for anything that the policy blocks."""

    def make_administrator() -> User:
        make_turn(alice, "What is up?")
        # The roles that migrations made are gone with the first test that empties the database.
        root = User.objects.create_superuser(email="root@example.org", password="four unrelated words")
        give_role(user=root, role=Role.ANALYST)
        return root

    root = await engine.database.run(make_administrator)
    conversation = await engine.database.run(Conversation.objects.get)
    page = await open_page("/admin/", user=root)
    origin = page.url.removesuffix("/admin/")
    for path in (
        "accounts/user/",
        "accounts/user/add/",
        f"accounts/user/{alice.id}/change/",
        f"accounts/user/{alice.id}/password/",
        "accounts/team/add/",
        "accounts/apikey/",
        "account/emailaddress/",
        "chat/conversation/",
        f"chat/conversation/{conversation.id}/change/",
        "chat/run/",
        "providers/attempt/",
    ):
        response = await page.goto(f"{origin}/admin/{path}")
        assert response is not None
        assert response.status == 200, path
        await page.wait_for_load_state("networkidle")
    # What its scripts do: a person's roles, a team's members.
    await page.goto(f"{origin}/admin/accounts/user/{alice.id}/change/")
    await page.get_by_role("checkbox", name="analyst").check()
    await page.goto(f"{origin}/admin/accounts/team/add/")
    await page.get_by_text("Add another Membership").click()
    await expect(page.locator(".select2-selection").first).to_be_visible()


async def test_a_password_set_by_an_administrator_closes_open_pages(
    open_page: OpenPage, engine: Engine, alice: User
) -> None:
    turn = await begin_turn(engine, alice)
    root = await engine.database.run(
        lambda: User.objects.create_superuser(email="root@example.org", password="four unrelated words")
    )
    page = await open_page(f"/conversations/{turn.conversation.id}/", user=alice)
    await expect(page.locator("article.answer")).to_be_visible()
    origin = page.url.split("/conversations/")[0]
    left: list[str] = []
    page.on("framenavigated", lambda frame: left.append(frame.url))
    admin = await open_page(f"/admin/accounts/user/{alice.id}/password/", user=root)
    for field in ("password1", "password2"):
        await admin.locator(f"#id_{field}").fill("set by the administrator")
    await admin.locator("#user_form [type=submit]").click()
    await expect(admin.get_by_text("Password changed successfully.")).to_be_visible()
    await until(lambda: left)
    assert left[0].startswith(origin)


@pytest.mark.parametrize("width", WIDTHS)
async def test_pages_of_invitations_and_codes_can_be_used_by_everybody(
    open_page: OpenPage, settings: Settings, alice: User, engine: Engine, console: list[str], width: int
) -> None:
    invitation = Invitation(address="newcomer@example.org")
    token = await engine.database.run(lambda: invite(invitation=invitation, by=alice))
    page = await open_page(f"/invitations/{token}/", **looks(width))
    await expect(page.get_by_role("heading", name="You are invited")).to_be_visible()
    await assert_accessible(page)
    origin = page.url.split("/invitations/")[0]
    await page.goto(f"{origin}/invitations/made-up/")
    await expect(page.get_by_role("heading", name="This invitation is no longer good")).to_be_visible()
    await assert_accessible(page)
    settings.SENDS_MAIL = True
    await page.goto(f"{origin}/accounts/login/code/")
    await page.get_by_label("E-mail address").fill("alice@example.org")
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Code from the mail")).to_be_focused()
    await assert_accessible(page)
    settings.SENDS_MAIL, settings.SIGNUP_POLICY = False, "sso"
    await page.context.clear_cookies()
    for path, heading in (("signup/", "Sign-up is closed"), ("login/code/", "Get a code by mail")):
        await page.goto(f"{origin}/accounts/{path}")
        await expect(page.get_by_role("heading", name=heading)).to_be_visible()
        await assert_accessible(page)
    settings.MFA_REQUIRED_ROLES = ["user"]
    page = await open_page("/", user=alice, **looks(width))
    await expect(page.get_by_text("Your account needs a second factor.")).to_be_visible()
    await assert_accessible(page)
    assert [line for line in console if "410" not in line] == []
    console.clear()


async def test_an_invited_person_signs_up(open_page: OpenPage, settings: Settings, alice: User, engine: Engine) -> None:
    settings.SIGNUP_POLICY = "invitation"
    token = await engine.database.run(lambda: invite(invitation=Invitation(address="bea@example.org"), by=alice))
    page = await open_page(f"/invitations/{token}/")
    await page.get_by_label("Password").fill("four unrelated words")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("textbox", name="Message")).to_be_visible()


async def invite_in_admin(page: Page) -> None:
    await page.get_by_label("Email address").fill("bea@example.org")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("Give this link to bea@example.org yourself")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
async def test_an_administrator_invites(open_page: OpenPage, engine: Engine, admin: User, width: int) -> None:
    page = await open_page("/admin/accounts/invitation/add/", user=admin, **looks(width))
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await invite_in_admin(page)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    copy = page.get_by_role("button", name="Copy", exact=True)
    await expect(copy).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status").filter(has_text="Copied")).to_have_count(1)
    await expect(page.locator("copy-button button")).to_be_focused()
    assert re.fullmatch(r"http://localhost:8000/invitations/[\w-]+/", await pasted(page))
    await expect(page.get_by_role("link", name="bea@example.org", exact=True)).to_be_visible()
