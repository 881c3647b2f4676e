"""The request of one call as it was sent, as text for its owner."""

from __future__ import annotations

import zlib
from collections.abc import Callable

from django.utils.translation import gettext as _

from chat.guards.leakage import canary_of
from chat.inspect.masking import masked_json
from chat.runs.guarding import CANARY_FORM
from providers.configured import configured_endpoints

INSTRUCTIONS = "[instructions]"


def request_text(kept: bytes, *, hidden: str = "") -> str:
    """The kept request as indented JSON, with whatever looks like a key masked, and the keys of this site for sure.
    `hidden` are instructions that its owner isn't to read."""
    known = [endpoint.api_key for endpoint in configured_endpoints() if endpoint.api_key]
    try:
        return masked_json(zlib.decompress(kept), known=known, clean=_without(hidden) if hidden else str)
    except (zlib.error, ValueError):
        return _("This request can't be read.")


def _without(prompt: str) -> Callable[[str], str]:
    canary = canary_of(prompt)

    def clean(text: str) -> str:
        if prompt in text:
            return text.replace(CANARY_FORM.format(canary=canary), "").replace(prompt, INSTRUCTIONS)
        # As a provider is told it that is told no personal data.
        return INSTRUCTIONS if canary in text else text

    return clean
