"""Asking a moderation model about a text: OpenAI's, or one that speaks its API."""

from __future__ import annotations

import asyncio

from django.conf import settings
from django.utils.translation import gettext as _

from providers.contract import EndpointConfig
from providers.errors import ProviderError, ProviderTimeout
from providers.quotes import without_texts

# A model judges so much at once well; more is given to it in pieces, which overlap by nothing.
PIECE_MAX_CHARS = 10_000
PIECES_AT_ONCE = 32


def judged(text: str) -> list[str]:
    """The names of the categories that the model says the text is of, in MODERATION_TIMEOUT_SECONDS at most.

    Raises: ProviderError.
    """
    from providers.adapters.openai.moderation import ModerationWire  # the SDK takes a while to import

    pieces = [text[start : start + PIECE_MAX_CHARS] for start in range(0, len(text), PIECE_MAX_CHARS)]
    timeout_s = settings.MODERATION_TIMEOUT_SECONDS
    endpoint = EndpointConfig(
        name="moderation",
        adapter="openai",
        label=_("The moderation model"),
        base_url=settings.MODERATION_URL,
        api_key=settings.MODERATION_API_KEY,
        first_token_timeout_s=timeout_s,
    )

    async def ask() -> list[str]:
        wire = ModerationWire(endpoint)
        found: list[str] = []
        try:
            async with asyncio.timeout(timeout_s):
                for start in range(0, len(pieces), PIECES_AT_ONCE):
                    found += await wire.judge(pieces[start : start + PIECES_AT_ONCE], settings.MODERATION_MODEL)
        except ProviderError as error:
            error.detail = without_texts(error.detail, pieces)
            raise
        finally:
            await wire.aclose()
        return found

    try:
        return sorted(set(asyncio.run(ask())))
    except TimeoutError as exc:
        words = _("%(name)s didn't answer in time.") % {"name": endpoint.label}
        raise ProviderTimeout(words) from exc
