"""The serving process as an operator meets it: a taken port, a second start, Daphne instead of uvicorn."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import aiohttp

from tests.support.place import Place, embedded
from tests.support.process import ROOT, ServerProcess, Visitor


def serve(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """For a start that is refused."""
    command = [sys.executable, "manage.py", "serve"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)


@embedded
async def test_from_nothing_it_serves_and_a_second_process_on_the_same_folder_is_refused(empty_place: Place) -> None:
    server = ServerProcess(empty_place)
    await server.start()
    try:
        other = ServerProcess(server.place)
        refused = await asyncio.to_thread(serve, other.environment)
        assert refused.returncode == 3
        assert "Another Convoscope is already serving" in refused.stderr
        taken = await asyncio.to_thread(serve, server.environment)
        assert taken.returncode == 1
        assert "set APP_PORT to another port" in taken.stderr
    finally:
        server.stop()


async def test_under_daphne_the_first_connection_starts_the_engine(place: Place) -> None:
    server = ServerProcess(place)
    daphne = subprocess.Popen(
        [sys.executable, "-m", "daphne", "-p", str(server.port), "-v", "0", "convoscope.asgi:application"],
        cwd=ROOT,
        env=server.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(60), aiohttp.ClientSession() as http:
            while True:
                try:
                    async with http.get(f"{server.url}/accounts/login/"):
                        break
                except aiohttp.ClientConnectionError:
                    await asyncio.sleep(0.05)
        visitor = Visitor(server)
        await visitor.sign_up()
        conversation_id = await visitor.ask("What is 12 * 7?")
        await visitor.watch(conversation_id)
        await visitor.http.close()
        [article] = visitor.pages[conversation_id].articles.values()
        assert "84" in article.html
        assert not article.is_busy
    finally:
        daphne.terminate()
        daphne.wait(timeout=60)
