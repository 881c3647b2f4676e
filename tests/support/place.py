"""Where a server process that a test starts keeps its things: a folder, and a database of its own."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from shutil import copyfile
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from django.conf import settings

from tests.support.migrated import migrated_file

on_servers = pytest.mark.skipif(settings.IS_EMBEDDED, reason="needs PostgreSQL and Redis: runs in the other set-up")
embedded = pytest.mark.skipif(not settings.IS_EMBEDDED, reason="is about one process on SQLite: runs embedded")


@dataclass(frozen=True, slots=True)
class Place:
    var: Path
    environment: dict[str, str] = field(default_factory=dict)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What a query finds, ids as hexadecimal digits whatever database it is."""
        if url := self.environment.get("DATABASE_URL"):
            rows = _query(url, sql)
        else:
            with sqlite3.connect(self.var / "convoscope.sqlite3") as database:
                rows = database.execute(sql).fetchall()
        return [tuple(value.hex if isinstance(value, UUID) else value for value in row) for row in rows]

    def shut_down(self) -> None:
        """What clients see of a PostgreSQL that stops: their connections end, and new ones are refused."""
        _query(_server(), f'ALTER DATABASE "{self._name}" ALLOW_CONNECTIONS false')
        _query(_server(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", self._name)

    def open_again(self) -> None:
        _query(_server(), f'ALTER DATABASE "{self._name}" ALLOW_CONNECTIONS true')

    @property
    def _name(self) -> str:
        return urlsplit(self.environment["DATABASE_URL"]).path[1:]


def _server() -> str:
    return os.environ["TEST_DATABASE_URL"]


@contextmanager
def own_place(var: Path, *, is_empty: bool = False) -> Iterator[Place]:
    """A place for the time of a test, whose database migrations have been through, unless it is to be empty. On
    PostgreSQL a database is made and dropped; Redis is the worker's."""
    if "TEST_DATABASE_URL" not in os.environ:
        if not is_empty:
            copyfile(migrated_file(), var / "convoscope.sqlite3")
        yield Place(var, {"REDIS_URL": settings.REDIS_URL})
        return
    server = _server()
    name = f"{urlsplit(server).path[1:]}_{sha256(str(var).encode()).hexdigest()[:12]}"
    template = os.environ.get("TEST_TEMPLATE")
    _query(server, f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template and not is_empty else ""))
    try:
        url = urlsplit(server)._replace(path=f"/{name}").geturl()
        yield Place(var, {"DATABASE_URL": url, "REDIS_URL": settings.REDIS_URL})
    finally:
        _query(server, f'DROP DATABASE "{name}" WITH (FORCE)')


def _query(url: str, sql: str, *values: str) -> list[tuple[Any, ...]]:
    import psycopg  # only where there is a server

    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(sql, values or None)
        return cursor.fetchall() if cursor.description else []
