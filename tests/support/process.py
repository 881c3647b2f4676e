"""The real server as a process of its own, to be killed and started again."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from uuid import UUID, uuid4

import aiohttp
import orjson

from tests.support.live_page import LivePage
from tests.support.place import Place
from tests.support.private_servers import free_port

ROOT = Path(__file__).resolve().parents[2]
EMAIL, PASSWORD = "alice@example.org", "a long enough password"
START_DEADLINE_S = 60


class ServerProcess:
    def __init__(self, place: Place) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.place = place
        given = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_SETTINGS", "TEST_"))}
        self.environment = given | {
            "APP_VAR_DIR": str(place.var),
            "APP_PORT": str(self.port),
            "DJANGO_SETTINGS_MODULE": "convoscope.settings.current",
            "APP_SECRET_KEY": "a key for tests only, long enough to pass every check",
            "APP_LOG_LEVEL": "warning",
            "DRAIN_SECONDS": "2",
            **place.environment,
        }
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "manage.py", "serve"], cwd=ROOT, env=self.environment, stdout=subprocess.DEVNULL
        )
        async with asyncio.timeout(START_DEADLINE_S), aiohttp.ClientSession() as http:
            while True:
                try:
                    async with http.get(f"{self.url}/accounts/login/") as response:
                        assert response.status == 200
                        return
                except aiohttp.ClientConnectionError:
                    assert self._process.poll() is None, "the server did not start"
                    await asyncio.sleep(0.05)

    def kill(self) -> None:
        self._send(signal.SIGKILL)

    def terminate(self) -> int:
        """SIGTERM; the exit code. Fails if the process doesn't end."""
        return self._send(signal.SIGTERM)

    def _send(self, number: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(number)
        return self._process.wait(timeout=60)

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()


class Visitor:
    """A signed-in person with one page for each conversation; what their pages show survives the server."""

    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        self.http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        self.pages: dict[UUID, LivePage] = {}

    @property
    def _headers(self) -> dict[str, str]:
        csrf = next((c.value for c in self.http.cookie_jar if c.key == "csrftoken"), "")
        return {"X-CSRFToken": csrf, "HX-Request": "true", "Origin": self.server.url, "Referer": self.server.url}

    async def sign_up(self) -> None:
        url = f"{self.server.url}/accounts/signup/"
        async with self.http.get(url):
            pass
        fields = {"email": EMAIL, "password1": PASSWORD}
        headers = {name: value for name, value in self._headers.items() if name != "HX-Request"}
        async with self.http.post(url, data=fields, headers=headers) as response:
            assert response.url.path == "/", await response.text()

    async def ask(self, text: str) -> UUID:
        fields = {"text": text, "turn_key": str(uuid4())}
        async with self.http.post(f"{self.server.url}/conversations/", data=fields, headers=self._headers) as response:
            html = await response.text()
            assert response.status == 200, html
        conversation_id = UUID(response.headers["HX-Push-Url"].strip("/").split("/")[-1])
        self.pages[conversation_id] = LivePage(html)
        return conversation_id

    async def watch(self, conversation_id: UUID) -> None:
        """Apply what is pushed until the answer is finished or the server is gone."""
        page = self.pages[conversation_id]
        url = f"{self.server.url}/ws/conversations/{conversation_id}/"
        try:
            async with self.http.ws_connect(url, headers={"Origin": self.server.url}) as socket:
                await socket.send_bytes(orjson.dumps(page.hello()))
                async for message in socket:
                    if message.type is not aiohttp.WSMsgType.TEXT:
                        return
                    page.receive(orjson.loads(message.data))
                    if not any(article.is_busy for article in page.articles.values()):
                        return
        except aiohttp.ClientError:
            return
