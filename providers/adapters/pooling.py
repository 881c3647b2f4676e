"""How long a connection to a provider waits for the next call."""

from __future__ import annotations

import httpx2

# People read an answer before they ask on: after the five seconds of the SDKs most turns would wait for TCP and TLS
# again. Common load balancers close what is idle for 60 seconds; a call must not meet that moment.
KEEP_ALIVE_S = 55.0
# As many connections as the SDKs allow.
LIMITS = httpx2.Limits(max_connections=1000, keepalive_expiry=KEEP_ALIVE_S)
