"""Passkeys, an app with codes and sessions in a real browser, with an authenticator that Chromium plays."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from playwright.async_api import Page, Route, expect

from accounts.models import User
from chat.runs.engine import Engine
from tests.browser.conftest import OpenPage
from tests.support.axe import assert_accessible
from tests.support.factors import code_of, with_app, with_recovery_codes
from tests.support.server import Server
from tests.support.turns import begin_turn, until

PASSWORD = "a long enough password"


def at(server: Server, path: str) -> str:
    """Passkeys belong to a name; an address of numbers has none."""
    return f"http://localhost:{urlsplit('//' + server.address).port}{path}"


Touch = Callable[[bool], Awaitable[object]]


async def authenticator(page: Page) -> Touch:
    """What the browser would ask its device, which says yes at once, unless it is told to wait."""
    cdp = await page.context.new_cdp_session(page)
    await cdp.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = await cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})

    async def touch(is_at_once: bool) -> object:
        which = {"authenticatorId": made["authenticatorId"], "enabled": is_at_once}
        return await cdp.send("WebAuthn.setAutomaticPresenceSimulation", which)

    return touch


async def sign_in(page: Page, server: Server, path: str = "/preferences/") -> None:
    await page.goto(at(server, f"/accounts/login/?next={path}"))
    await page.get_by_label("E-mail address").fill("alice@example.org")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")


async def press(page: Page, name: str) -> None:
    """By the keyboard alone: to the control that has this name, and Enter."""
    control = page.get_by_role("button", name=name, exact=True).or_(page.get_by_role("link", name=name, exact=True))
    await expect(control.first).to_be_visible()
    for _ in range(60):
        if await control.first.evaluate("(one) => one === document.activeElement"):
            break
        await page.keyboard.press("Tab")
    await expect(control.first).to_be_focused()
    await page.keyboard.press("Enter")


async def test_a_passkey_is_added_and_signs_in_by_the_keyboard_alone(
    open_page: OpenPage, server: Server, alice: User, engine: Engine
) -> None:
    page = await open_page("/accounts/inactive/")
    touch = await authenticator(page)
    await sign_in(page, server)
    await press(page, "Second factor and passkeys")
    await press(page, "Add a passkey")
    await expect(page.get_by_label("Password")).to_be_focused()
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("checkbox", name="It signs me in on its own")).to_be_checked()
    await page.get_by_label("Name, by which you know it again").press("Control+a")
    await page.keyboard.type("My laptop")
    await press(page, "Add it")
    await expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    await press(page, "I have kept them")
    await expect(page.get_by_role("heading", name="My laptop")).to_be_visible()
    await expect(page.get_by_text("Signs you in on its own")).to_be_visible()
    await page.context.clear_cookies()
    await touch(False)
    async with page.expect_response("**/webauthn/login/"):
        await page.goto(at(server, "/accounts/login/?next=/accounts/2fa/"))

    async def touch_for_the_button(asking: Route) -> None:
        # What the browser offered by itself is over by then; what reaches a device that waits, waits for good.
        await touch(True)
        await asking.continue_()

    await page.route("**/webauthn/login/", touch_for_the_button)
    await press(page, "Sign in with a passkey")
    await expect(page.get_by_role("heading", name="My laptop")).to_be_visible()
    await page.unroute("**/webauthn/login/")
    passkey = await engine.database.run(Authenticator.objects.get, type="webauthn")
    assert passkey.last_used_at is not None
    # In the field for the address the browser offers it by itself.
    await page.context.clear_cookies()
    await page.goto(at(server, "/accounts/login/"), wait_until="commit")
    await expect(page.get_by_role("textbox", name="Message")).to_be_visible()


async def test_a_passkey_is_the_second_step_and_proves_who_it_is(
    open_page: OpenPage, server: Server, alice: User, engine: Engine
) -> None:
    page = await open_page("/accounts/inactive/")
    await authenticator(page)
    await sign_in(page, server, "/accounts/2fa/webauthn/add/")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.get_by_label("It signs me in on its own").uncheck()
    await page.get_by_role("button", name="Add it").click()
    await page.get_by_role("link", name="I have kept them").click()
    await expect(page.get_by_text("Beside the password")).to_be_visible()
    await page.context.clear_cookies()
    await sign_in(page, server, "/accounts/2fa/")
    await page.get_by_role("button", name="Use a passkey").click()
    await expect(page.get_by_role("heading", name="Second factor")).to_be_visible()
    await page.get_by_role("link", name="Remove", exact=True).click()
    await page.get_by_role("link", name="With a passkey").click()
    await page.get_by_role("button", name="Use a passkey").click()
    await page.get_by_role("button", name="Remove").click()
    await expect(page.get_by_text("The passkey is removed.")).to_be_visible()
    assert not await engine.database.run(Authenticator.objects.exists)


async def test_who_calls_off_the_browsers_question_is_told(open_page: OpenPage, server: Server, alice: User) -> None:
    page = await open_page("/accounts/inactive/")
    await sign_in(page, server, "/accounts/2fa/webauthn/add/")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Add it")).to_be_visible()
    refuse = "() => Promise.reject(new DOMException('no', 'NotAllowedError'))"
    await page.evaluate(f"() => {{ navigator.credentials.create = {refuse} }}")
    await page.get_by_role("button", name="Add it").click()
    await expect(page.get_by_role("alert").filter(has_text="The passkey was not confirmed")).to_be_visible()
    await assert_accessible(page)


async def test_an_app_is_set_up_and_used(open_page: OpenPage, server: Server, alice: User) -> None:
    page = await open_page("/accounts/inactive/")
    await sign_in(page, server, "/accounts/2fa/totp/activate/")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    secret = await page.locator("figure code").inner_text()
    await page.get_by_label("Code that the app shows").fill(code_of(secret))
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    codes = (await page.locator("figure code").inner_text()).split()
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Download").click()
    path = await (await download.value).path()
    assert path.read_text().split() == codes
    await page.context.clear_cookies()
    await sign_in(page, server)
    await expect(page.get_by_label("Code from your app, or a recovery code")).to_be_focused()
    await page.keyboard.type(code_of(secret, 1))
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Preferences")).to_be_visible()
    await page.context.clear_cookies()
    await sign_in(page, server)
    await page.get_by_label("Code from your app, or a recovery code").fill(codes[0])
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Preferences")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
async def test_its_pages_can_be_used_by_everybody(
    open_page: OpenPage, server: Server, alice: User, engine: Engine, width: int
) -> None:
    def make() -> None:
        with_app(alice)
        with_recovery_codes(alice)

    page = await open_page("/accounts/2fa/", user=alice, viewport={"width": width, "height": 800})
    await assert_accessible(page)
    origin = page.url.split("/accounts/")[0]
    await page.goto(f"{origin}/accounts/2fa/totp/activate/")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Set up an app")).to_be_visible()
    await assert_accessible(page)
    await page.goto(f"{origin}/accounts/2fa/webauthn/add/")
    await assert_accessible(page)
    await engine.database.run(make)
    for path in ("2fa/", "2fa/recovery-codes/", "2fa/recovery-codes/", "2fa/recovery-codes/generate/"):
        await page.goto(f"{origin}/accounts/{path}")
        await assert_accessible(page)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for path in ("2fa/totp/deactivate/", "2fa/reauthenticate/", "sessions/"):
        await page.goto(f"{origin}/accounts/{path}")
        await assert_accessible(page)
    await page.context.clear_cookies()
    await page.goto(f"{origin}/accounts/login/")
    await page.get_by_label("E-mail address").fill("alice@example.org")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Second factor")).to_be_visible()
    await assert_accessible(page)


async def test_a_page_whose_session_is_ended_elsewhere_is_told(
    open_page: OpenPage, server: Server, alice: User, engine: Engine
) -> None:
    turn = await begin_turn(engine, alice)
    there = await open_page("/accounts/inactive/", user_agent="Mozilla/5.0 (Windows NT 10.0) Firefox/150.0")
    await sign_in(there, server, f"/conversations/{turn.conversation.id}/")
    await expect(there.locator("article.answer")).to_be_visible()
    left: list[str] = []
    there.on("framenavigated", lambda frame: left.append(frame.url))
    here = await open_page("/accounts/inactive/")
    await sign_in(here, server, "/accounts/sessions/")
    row = here.get_by_role("listitem").filter(has_text="Firefox on Windows")
    await row.get_by_role("button", name="End").click()
    await expect(here.get_by_text("That session is ended.")).to_be_visible()
    await until(lambda: left)
    await expect(there.get_by_role("heading", name="Sign in")).to_be_visible()
    assert await engine.database.run(UserSession.objects.filter(user=alice).count) == 1
    assert settings.SESSION_COOKIE_NAME in {one["name"] for one in await here.context.cookies()}
