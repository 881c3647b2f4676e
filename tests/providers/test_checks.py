"""Checks of endpoints that nobody asks: who is checked, what is kept of it, and that it is no call."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings as site
from django.utils import timezone
from pytest_django import Settings

from convoscope.settings import env
from providers.actions.checks import check_idle_endpoints
from providers.models import Attempt, EndpointCheck, UsageRecord
from providers.resilience import checks
from providers.resilience.checks import Look
from providers.resilience.health import Health, read_health
from providers.tasks import check_idle_endpoints as task
from tests.support.threads import in_thread
from tests.support.vendors import PAGE, Silence, Status, VendorServer, closed_url
from tests.support.vendors.calling import KEY
from tests.support.vendors.script import Refusal, RefusalKind

pytestmark = pytest.mark.django_db(transaction=True)
PATHS = {"openai": "/v1", "anthropic": "", "gemini": ""}


@pytest.fixture(autouse=True)
def on(settings: Settings, vendors: VendorServer) -> None:
    """One endpoint of each kind."""
    settings.PROVIDERS = {name: provider(vendors.url + path) for name, path in PATHS.items()}


def provider(url: str) -> env.Provider:
    return env.Provider(api_key=KEY, base_url=url, model="", timeout_s=30)


async def check() -> dict[str, Look]:
    looks = await in_thread(check_idle_endpoints)
    return {look.name: look for look in looks}


async def kept() -> dict[str, EndpointCheck]:
    return {row.name: row async for row in EndpointCheck.objects.all()}


async def call(name: str, *, minutes_ago: float, outcome: str = "complete", source: str = "provider") -> None:
    started_at = timezone.now() - timedelta(minutes=minutes_ago)
    fields = {"model": "m", "outcome": outcome, "source": source, "started_at": started_at}
    await Attempt.objects.acreate(request_id=uuid4(), call_number=1, endpoint=name, **fields)


async def make_older(name: str, *, minutes: float) -> None:
    row = await EndpointCheck.objects.aget(name=name)
    await EndpointCheck.objects.filter(name=name).aupdate(checked_at=row.checked_at - timedelta(minutes=minutes))


async def test_each_is_asked_for_its_models_and_no_call_is_counted(vendors: VendorServer) -> None:
    looks = await check()
    assert looks.keys() == PATHS.keys(), "the built-in model is not checked"
    assert {look.failure for look in looks.values()} == {""}
    assert all(look.latency_ms is not None for look in looks.values())
    assert len(vendors.listings) == len(PATHS)
    assert {request.path.split("/")[-1] for request in vendors.listings} == {"models"}
    assert (await kept()).keys() == PATHS.keys()
    assert not vendors.requests
    assert not await Attempt.objects.aexists()
    assert not await UsageRecord.objects.aexists()
    health = await sync_to_async(read_health)(["openai"])
    assert (health["openai"].calls, health["openai"].check_ms) == (0, looks["openai"].latency_ms)


async def test_who_was_called_lately_is_left_alone(vendors: VendorServer) -> None:
    await call("openai", minutes_ago=4)
    await call("anthropic", minutes_ago=6)
    await call("gemini", minutes_ago=1, outcome="running")
    for source in ("cache", "shared", "own_key"):
        await call("anthropic", minutes_ago=1, source=source)
    assert (await check()).keys() == {"anthropic"}


async def test_one_that_passed_rests_and_one_that_failed_is_asked_again(vendors: VendorServer) -> None:
    vendors.will_list(Refusal("unavailable"))
    settings_of(["openai"])
    assert (await check())["openai"].failure
    assert not (await check())["openai"].failure
    assert await check() == {}
    await make_older("openai", minutes=5)
    assert (await check()).keys() == {"openai"}
    [row] = (await kept()).values()
    assert row.failure == ""


def settings_of(names: list[str]) -> None:
    site.PROVIDERS = {name: site.PROVIDERS[name] for name in names}


FAILS: list[RefusalKind] = ["unauthorized", "rate_limited", "server_error", "unavailable"]


@pytest.mark.parametrize("kind", FAILS)
@pytest.mark.parametrize("name", PATHS)
async def test_a_refusal_is_kept_in_the_providers_own_words(
    vendors: VendorServer, name: str, kind: RefusalKind
) -> None:
    settings_of([name])
    vendors.will_list(Refusal(kind))
    look = (await check())[name]
    assert "HTTP" in look.failure
    assert KEY not in look.failure
    row = (await kept())[name]
    assert (row.failure, row.latency_ms) == (look.failure, None)


@pytest.mark.parametrize("name", PATHS)
async def test_a_web_page_in_the_place_of_the_list_is_a_failure(vendors: VendorServer, name: str) -> None:
    settings_of([name])
    vendors.will_list(PAGE)
    assert (await check())[name].failure


@pytest.mark.parametrize("status", [404, 405])
async def test_a_server_without_a_list_tells_nothing(vendors: VendorServer, status: int) -> None:
    settings_of(["openai"])
    vendors.will_list(Status(status))
    assert (await check())["openai"] == Look("openai")
    health = await sync_to_async(read_health)(["openai"])
    assert health["openai"].checked_at is not None
    assert (health["openai"].check_ms, health["openai"].check_failure) == (None, "")
    assert await check() == {}


async def test_silence_and_closed_doors_end_in_time(
    vendors: VendorServer, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setattr(checks, "CHECK_S", 0.2)
    settings.PROVIDERS = {"openai": provider(f"{vendors.url}/v1"), "anthropic": provider(closed_url())}
    vendors.will_list(Silence())
    looks = await check()
    assert looks["openai"].failure == "no list of models within 0.2 s"
    assert "Connect" in looks["anthropic"].failure


async def test_what_is_off_now_is_forgotten(settings: Settings) -> None:
    await check()
    settings_of(["openai"])
    await check()
    assert (await kept()).keys() == {"openai"}


async def test_the_task_tells_what_it_did(vendors: VendorServer) -> None:
    settings_of(["openai"])
    vendors.will_list(Refusal("unavailable"))
    assert await in_thread(task) == {"checked": 1, "not_reached": 1}


def test_the_schedule_runs_it_each_minute() -> None:
    [entry] = [one for one in site.CELERY_BEAT_SCHEDULE.values() if one["task"] == task.name]
    assert entry["schedule"] == 60.0


async def test_a_check_older_than_the_window_is_no_health() -> None:
    await check()
    await make_older("openai", minutes=16)
    assert await sync_to_async(read_health)(["openai"]) == {"openai": Health()}
