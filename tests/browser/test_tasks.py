"""The page of the background tasks, and what their work leaves on a conversation's page, in a browser."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from playwright.async_api import expect
from pytest_django import Settings

from accounts.models import User
from chat.models import Conversation, TaskRun
from chat.runs.engine import Engine
from tests.browser.conftest import OpenPage
from tests.chat.lifecycle.conftest import ago
from tests.chat.test_summaries import talk
from tests.support.axe import assert_accessible


def what_tasks_left(owner: User) -> tuple[UUID, UUID]:
    """Runs, one of which failed; a conversation that is to expire, and one that has."""
    now = timezone.now()
    ran = {"started_at": now, "finished_at": now, "process": "web-1:42"}
    TaskRun.objects.create(task="chat.tasks.purge_trash", outcome="done", did={"conversations_removed": 3}, **ran)
    error = {"error_class": "OperationalError", "error_detail": "no room for " + "x" * 200}
    TaskRun.objects.create(task="providers.tasks.roll_up_usage", outcome="failed", **ran, **error)
    announced = talk(owner, 2)
    Conversation.objects.filter(id=announced.id).update(
        status="completed", resolved_at=ago(days=80), expiry_announced_at=ago(days=2)
    )
    expired = Conversation.objects.create(
        owner=owner, title="Of queues", status="expired", active_at=now, resolved_at=now, summary="The small one won."
    )
    return announced.id, expired.id


async def test_an_administrator_looks_after_tasks_and_an_owner_keeps_what_would_expire(
    open_page: OpenPage, engine: Engine, admin: User, settings: Settings
) -> None:
    settings.RETENTION_DAYS = 90
    announced_id, expired_id = await engine.database.run(what_tasks_left, admin)
    page = await open_page("/tasks/", user=admin, viewport={"width": 390, "height": 844})
    await page.get_by_text("1 failure of late").click()
    await expect(page.get_by_text("OperationalError: no room")).to_be_visible()
    await assert_accessible(page)
    await page.get_by_role("button", name="Run now: Removes what lay in the trash").click()
    await expect(page.get_by_text("The task was queued.")).to_be_visible()
    await page.goto(page.url.replace("/tasks/", f"/conversations/{expired_id}/"))
    await expect(page.get_by_text("The small one won.")).to_be_visible()
    await assert_accessible(page)
    await page.goto(page.url.replace(str(expired_id), str(announced_id)))
    line = page.get_by_text("The messages of this conversation will be deleted on")
    await expect(line).to_be_visible()
    await assert_accessible(page)
    await page.get_by_role("button", name="Conversation menu").click()
    await page.get_by_role("button", name="Reopen").click()
    await expect(line).to_have_count(0)
    await expect(page.locator("#resolution")).to_have_text("Mark as resolved")
