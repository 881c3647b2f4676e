"""The status, the line above every page and a rehearsal, in a browser."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from playwright.async_api import expect

from accounts.models import User
from chat.runs.engine import Engine
from providers.models import Attempt, EndpointCheck, LevelPin
from tests.browser.conftest import OpenPage, assert_refused_quietly
from tests.support.axe import assert_accessible

SIZES = {1280: {"width": 1280, "height": 800}, 390: {"width": 390, "height": 844}}
LONG = "We move to another provider and expect to be back by noon; what you write meanwhile is kept, and answered then."


def a_bad_morning(by: User) -> None:
    """Calls of which some failed, a check that failed, and two decisions."""
    now = timezone.now()
    for number in range(24):
        Attempt.objects.create(
            request_id=uuid4(),
            call_number=1,
            endpoint="openai",
            model="gpt-4.1",
            outcome="failed" if number % 5 == 0 else "complete",
            started_at=now - timedelta(seconds=60 + 20 * number),
            first_token_ms=None if number % 5 == 0 else 380 + 40 * number,
            error_code="LLM_PROVIDER_ERROR" if number % 5 == 0 else "",
            error_detail="HTTP 503 server_error: The server is overloaded or not ready yet." if number % 5 == 0 else "",
        )
    EndpointCheck.objects.create(name="openai", checked_at=now - timedelta(minutes=7), latency_ms=212)
    LevelPin.objects.create(level="degraded", reason="OpenAI answers one call in five with an error.", by=by)
    LevelPin.objects.create(level="offline", offline_text=LONG, reason="Both accounts are used up.", by=by)


@pytest.mark.parametrize("width", SIZES)
async def test_axe_finds_nothing(
    open_page: OpenPage, engine: Engine, admin: User, width: int, console: list[str]
) -> None:
    await engine.database.run(a_bad_morning, admin)
    page = await open_page("/status/", user=admin, viewport=SIZES[width])
    await expect(page.locator(".service")).to_contain_text("We move to another provider")
    await assert_accessible(page)
    await page.get_by_label("Level", exact=True).select_option("minimal")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator(".field-error")).to_contain_text("Please say why")
    await assert_accessible(page)
    assert_refused_quietly(console)
    await page.goto(page.url.replace("/status/level/", "/providers/rehearsal/"))
    await page.get_by_label("What the provider does").select_option("wrong-key")
    await page.get_by_role("button", name="Rehearse").click()
    await expect(page.locator(".timeline")).to_be_visible()
    await assert_accessible(page)
