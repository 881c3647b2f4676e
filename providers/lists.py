"""The list of models that an endpoint gives of itself."""

from __future__ import annotations

import asyncio

from django.conf import settings
from django.utils.translation import gettext as _

from providers.contract import EndpointConfig
from providers.errors import ProviderTimeout
from providers.registry import make_adapter

# No vendor has as many; a server that says so is not believed.
MAX_LISTED = 5_000
ID_MAX_CHARS = 200


def listed_models(endpoint: EndpointConfig) -> list[str]:
    """The ids it says it serves, without what can't be one, in ENDPOINT_TEST_SECONDS at most. Costs no tokens.

    Raises: ProviderError.
    """
    # Its SDK is imported before the clock starts, and here, in the thread of the request.
    adapter = make_adapter(endpoint)

    async def ask() -> list[str]:
        try:
            async with asyncio.timeout(settings.ENDPOINT_TEST_SECONDS):
                return await adapter.list_models()
        finally:
            await adapter.aclose()

    try:
        found = asyncio.run(ask())
    except TimeoutError as exc:
        words = _("%(name)s didn't answer in time.") % {"name": endpoint.label or endpoint.name}
        raise ProviderTimeout(words) from exc
    ids = dict.fromkeys(one for one in found if 0 < len(one) <= ID_MAX_CHARS and one.isprintable())
    return list(ids)[:MAX_LISTED]
