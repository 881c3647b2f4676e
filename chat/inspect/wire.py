"""The request of one call as it was sent, as text for its owner."""

from __future__ import annotations

import zlib

from django.utils.translation import gettext as _

from chat.inspect.masking import masked_json
from providers.configured import configured_endpoints


def request_text(kept: bytes) -> str:
    """The kept request as indented JSON, with whatever looks like a key masked, and the keys of this site for sure."""
    known = [endpoint.api_key for endpoint in configured_endpoints() if endpoint.api_key]
    try:
        return masked_json(zlib.decompress(kept), known=known)
    except (zlib.error, ValueError):
        return _("This request can't be read.")
