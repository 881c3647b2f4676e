"""Checks of endpoints that nobody asks: each is asked for its list of models, which costs nothing. It is the calls that
people make that tell most; a check stands in only where there are none."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from providers.contract import Adapter, EndpointConfig
from providers.errors import InvalidRequest, ModelNotFound, ProviderError
from providers.models import EndpointCheck
from providers.registry import OFFLINE, make_adapter
from providers.resilience.health import site_calls
from providers.storable import storable_error

logger = logging.getLogger(__name__)

# Without a call for so long an endpoint is checked. One that passed rests as long; one that failed is asked each time.
IDLE = timedelta(minutes=5)
CHECK_S = 10.0


@dataclass(frozen=True, slots=True)
class Look:
    """What a check met; the fields are those of `EndpointCheck`."""

    name: str
    failure: str = ""
    latency_ms: int | None = None


def idle_endpoints(endpoints: Iterable[EndpointConfig]) -> list[EndpointConfig]:
    """Those of which neither a call nor a check that passed tells anything new. The built-in model is none of them."""
    hosted = {endpoint.name: endpoint for endpoint in endpoints if endpoint.name != OFFLINE.name}
    since = timezone.now() - IDLE
    calls = site_calls(*hosted, since=since).order_by()
    passed = EndpointCheck.objects.filter(checked_at__gte=since, failure="")
    known = {*calls.values_list("endpoint", flat=True).distinct(), *passed.values_list("name", flat=True)}
    return [endpoint for name, endpoint in hosted.items() if name not in known]


def look_at(endpoints: Sequence[EndpointConfig]) -> list[Look]:
    """All of them at once, in CHECK_S at most. A fault of ours with one is logged, and leaves it out."""
    # Their SDKs are imported before the clocks start.
    adapters = [make_adapter(endpoint) for endpoint in endpoints]
    return asyncio.run(_look_at(endpoints, adapters))


async def _look_at(endpoints: Sequence[EndpointConfig], adapters: Sequence[Adapter]) -> list[Look]:
    looks = []
    found = await asyncio.gather(*map(_look, endpoints, adapters), return_exceptions=True)
    for endpoint, one in zip(endpoints, found, strict=True):
        if isinstance(one, Look):
            looks.append(one)
        else:
            logger.error("the check of %s failed by a fault of ours", endpoint.name, exc_info=one)
    return looks


async def _look(endpoint: EndpointConfig, adapter: Adapter) -> Look:
    begun_s = time.monotonic()
    try:
        async with asyncio.timeout(CHECK_S):
            await adapter.list_models()
    except TimeoutError:
        return Look(endpoint.name, failure=f"no list of models within {CHECK_S:g} s")
    except (ModelNotFound, InvalidRequest):
        # Some servers have no list. That one was answered at all doesn't say that a question would be.
        return Look(endpoint.name)
    except ProviderError as error:
        error = storable_error(error)
        return Look(endpoint.name, failure=error.detail or error.user_message)
    finally:
        await adapter.aclose()
    return Look(endpoint.name, latency_ms=round((time.monotonic() - begun_s) * 1000))
