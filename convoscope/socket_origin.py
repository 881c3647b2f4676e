"""Sockets are opened by pages of this site alone. Browsers send cookies to a host whatever the port, and let any page
open a socket, so the whole origin counts; Channels' own check looks at the host."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import split_domain_port, validate_host


class SameOriginSockets:
    def __init__(self, application: Any) -> None:
        self._application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        is_ours = _is_ours(headers.get(b"origin", ""), headers.get(b"host", ""))
        await (self._application if is_ours else WebsocketDenier())(scope, receive, send)


def _is_ours(origin: str, host: str) -> bool:
    """The origin of the site's address, or of the host that was asked, if that is one of ours."""
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    is_same = parts.scheme in ("http", "https") and parts.netloc == host
    return is_same and validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS)
