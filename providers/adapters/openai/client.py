"""The SDK's client, set up as everything here uses it."""

from __future__ import annotations

import ssl
from functools import cache

import httpx2
from openai import AsyncOpenAI, DefaultAioHttpClient, Timeout

from providers.adapters.pooling import LIMITS
from providers.contract import EndpointConfig

# Given to the SDK: without it, the SDK looks for an address of its own accord in the environment, and a key that was
# pasted for the vendor would go there.
OWN_ADDRESS = "https://api.openai.com/v1"
# Writing a request and waiting for a pooled connection.
WRITE_TIMEOUT_S = 30.0


@cache
def certificates() -> ssl.SSLContext:
    """Whom to trust: read once a process, since a client for a key of somebody's own is made for each request."""
    return httpx2.create_ssl_context()


def make_client(endpoint: EndpointConfig, certificates: ssl.SSLContext, *, read_timeout_s: float | None) -> AsyncOpenAI:
    """A client of the loop it is made in: its connections belong there. It never tries again by itself."""
    timeout = Timeout(WRITE_TIMEOUT_S, connect=endpoint.connect_timeout_s, read=read_timeout_s)
    return AsyncOpenAI(
        # Local servers need no key, but the SDK needs one to start.
        api_key=endpoint.api_key or "none",
        base_url=endpoint.base_url or OWN_ADDRESS,
        max_retries=0,
        timeout=timeout,
        # No provider redirects a call; whoever does would be sent the conversation, and the key.
        http_client=DefaultAioHttpClient(timeout=timeout, limits=LIMITS, verify=certificates, follow_redirects=False),
    )
