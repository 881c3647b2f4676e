"""How database, cache and channel layer are set up: within the process, or on PostgreSQL and Redis."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from convoscope.settings.server_addresses import DatabaseServer

# A page that can't be answered should say so before its reader gives up.
DATABASE_WAIT_S = 5
# How long a lost server is tried on behalf of one waiting request; the next request tries anew, at once.
DATABASE_RECONNECT_S = 3
REDIS_CONNECT_S = 1
REDIS_ANSWER_S = 3
REDIS_TIMEOUTS = {"socket_connect_timeout": REDIS_CONNECT_S, "socket_timeout": REDIS_ANSWER_S}
PREFIX = "convoscope"

LOCAL_CACHE = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
LOCAL_LAYER = {"BACKEND": "convoscope.memory_layer.MemoryLayer"}
REDIS_BROKER_OPTIONS = {"global_keyprefix": f"{PREFIX}:", "socket_connect_timeout": REDIS_CONNECT_S}


def sqlite(path: Path) -> dict[str, Any]:
    """WAL with NORMAL survives kill -9; a power cut may lose the last second. IMMEDIATE takes the write lock at BEGIN,
    so that two writers wait for each other instead of failing half-way with "database is locked"."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 10,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
        },
    }


def postgresql(server: DatabaseServer, *, max_connections: int) -> dict[str, Any]:
    """Connections come from a pool of the process, are asked whether they still live, and go back to it after each
    request and each call of the engine. They are opened as they are needed."""
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": server.name,
        "USER": server.user,
        "PASSWORD": server.password,
        "HOST": server.host,
        "PORT": str(server.port or ""),
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": str(DATABASE_RECONNECT_S),
            **server.options,
            "pool": {
                "min_size": 0,
                "max_size": max_connections,
                "timeout": DATABASE_WAIT_S,
                "reconnect_timeout": DATABASE_RECONNECT_S,
            },
        },
    }


def redis_cache(url: str) -> dict[str, Any]:
    return {
        "BACKEND": "convoscope.cache.SurvivingRedisCache",
        "LOCATION": url,
        "KEY_PREFIX": PREFIX,
        "OPTIONS": REDIS_TIMEOUTS,
    }


def redis_layer(url: str) -> dict[str, Any]:
    host = {"address": url, **REDIS_TIMEOUTS}
    return {"BACKEND": "convoscope.layer.SurvivingRedisLayer", "CONFIG": {"hosts": [host], "prefix": PREFIX}}
