"""`manage.py serve`: bring the database up to date and serve, in one process."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection

PING_S = 30.0
# Above the drain, so that the server never cuts what is still being handed over.
SHUTDOWN_MARGIN_S = 5


# Any number will do, as long as every process takes the same.
MIGRATION_LOCK = 5_021_963


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Processes that start together on PostgreSQL wait for each other here; on SQLite there is only one."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])
        connection.close()


class Command(BaseCommand):
    help = "Migrates the database and serves the app with uvicorn."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        listener = self._listen()
        self._migrate()
        self.stdout.write(f"Convoscope: {settings.APP_BASE_URL}")
        self.stdout.flush()
        config = uvicorn.Config(
            "convoscope.asgi:application",
            loop="uvloop",
            http="httptools",
            ws="websockets-sansio",
            # Tokens are a few bytes each: compressing them costs more than it saves.
            ws_per_message_deflate=False,
            ws_ping_interval=PING_S,
            ws_ping_timeout=PING_S,
            ws_max_size=2**20,
            lifespan="on",
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=int(settings.DRAIN_SECONDS) + SHUTDOWN_MARGIN_S,
        )
        server = uvicorn.Server(config)
        server.run(sockets=[listener])
        if not server.started:
            sys.exit(3)

    def _migrate(self) -> None:
        try:
            with one_at_a_time():
                call_command("migrate", interactive=False, verbosity=0)
        except OperationalError as exc:
            raise CommandError(f"The database can't be used: {exc}") from exc

    def _listen(self) -> socket.socket:
        """Bind first: a port that is taken is said before anything else happens."""
        family = socket.AF_INET6 if ":" in settings.APP_HOST else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.APP_HOST, settings.APP_PORT))
        except OSError as exc:
            raise CommandError(
                f"{settings.APP_HOST}:{settings.APP_PORT} can't be listened on ({exc.strerror}). "
                "Stop what uses it, or set APP_PORT to another port."
            ) from exc
        return listener
