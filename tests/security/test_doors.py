"""Which code asks other servers, and by whose word. `tests/convoscope/test_fetching.py` has what is never asked."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from accounts.sso.asking import ask
from accounts.sso.faults import SSOFailed
from tests.support.source import modules

# What opens a connection to an address. Vendors' SDKs are for adapters alone, which the imports' contract holds.
CLIENTS = re.compile(r"(aiohttp|requests|httpx2?|urllib\.request|urllib3|http\.client|socket|ftplib|websockets)(\.|$)")
BY_OPERATORS = "operators and administrators: no redirects, bounded in time and size"
DOORS = {
    "convoscope/fetching.py": "anybody: every address is looked at as the socket is made",
    "accounts/sso/asking.py": BY_OPERATORS,
    "providers/adapters/": BY_OPERATORS,
    "providers/embeddings/": BY_OPERATORS,
    "providers/rehearsal/": "nobody: a server on loopback, and the question to it",
    "convoscope/management/commands/serve.py": "nobody: it listens",
    "chat/actions/task_runs.py": "nobody: the name of this machine",
}


def test_every_door_is_known() -> None:
    """A module that begins to ask servers has to say by whose word; what others than operators name goes through
    `convoscope/fetching.py`."""
    unknown = {
        f"{module.at(node)} imports {name}"
        for module in modules("accounts", "chat", "convoscope", "providers")
        for node, name in module.imports()
        if CLIENTS.match(name) and not module.path.startswith(tuple(DOORS))
    }
    assert unknown == set()


@pytest.fixture
def moved() -> Iterator[tuple[str, list[str]]]:
    """A server that leads everybody into its own network; what it was asked for."""
    asked: list[str] = []

    class Leading(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(302)
            self.send_header("Location", "/inside")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_said: object) -> None:
            """Nothing is said of it."""

    server = HTTPServer(("127.0.0.1", 0), Leading)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_provider_of_identity_leads_nowhere_else(moved: tuple[str, list[str]]) -> None:
    address, asked = moved
    with pytest.raises(SSOFailed, match="302"):
        ask("GET", address, what="the discovery document")
    assert asked == ["/"]
