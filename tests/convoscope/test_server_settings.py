"""DATABASE_URL and REDIS_URL: how they are read, in which words they are refused, and what they decide."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from convoscope.settings.server_addresses import database_server, redis_url
from tests.convoscope.test_settings import NAME, OTHER, settings_process
from tests.support.source import ROOT


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", None),
        ("postgresql:///name", ("name", "", "", "", None, {})),
        ("postgres://host/name", ("name", "", "", "host", None, {})),
        ("postgresql://user@host:5433/name", ("name", "user", "", "host", 5433, {})),
        (
            "postgresql://us%40er:p%2F%23%25w@[::1]/na%20me?sslmode=require&connect_timeout=2",
            ("na me", "us@er", "p/#%w", "::1", None, {"sslmode": "require", "connect_timeout": "2"}),
        ),
    ],
)
def test_a_database_server_is_read(monkeypatch: pytest.MonkeyPatch, url: str, expected: object) -> None:
    monkeypatch.setenv(NAME, url)
    server = database_server(NAME)
    if server is None:
        assert expected is None
    else:
        assert (server.name, server.user, server.password, server.host, server.port, server.options) == expected
        assert server.password == "" or server.password not in repr(server)


@pytest.mark.parametrize(
    "url",
    [
        "tEst-secret",
        "mysql://user:tEst-secret@host/name",
        "sqlite:///tEst-secret",
        "postgresql://user:tEst-secret@host",
        "postgresql://user:tEst-secret@host/a/b",
        "postgresql://user:tEst-secret/tail@host/name",
        "postgresql://user:tEst-secret#tail@host/name",
        "postgresql://user:tEst-secret@host:port/name",
        "postgresql://user:tEst-secret@host:99999/name",
        "postgresql://user:tEst-secret@[host/name",
        "postgresql://user:tEst-secret@host/name?password=tEst-secret",
        "postgresql://user:tEst-secret@host/name?nonsense=1",
    ],
)
def test_a_bad_database_url_is_refused_by_name_and_not_repeated(tmp_path: Path, url: str) -> None:
    refused = settings_process(tmp_path, {"DATABASE_URL": url, "APP_DOTENV": "/dev/null"}, "''")
    assert refused.stderr.splitlines()[-1].startswith("django.core.exceptions.ImproperlyConfigured: DATABASE_URL m")
    assert "tEst" not in refused.stderr


@pytest.mark.parametrize(
    ("url", "number", "expected"),
    [
        ("", "3", ""),
        ("redis://host", "", "redis://host/0"),
        ("redis://host", "3", "redis://host/3"),
        ("redis://:p%40w@host:6380/5", "3", "redis://:p%40w@host:6380/5"),
        ("rediss://user:pw@host/", "", "rediss://user:pw@host/0"),
    ],
)
def test_a_redis_url_is_read(monkeypatch: pytest.MonkeyPatch, url: str, number: str, expected: str) -> None:
    monkeypatch.setenv(NAME, url)
    monkeypatch.setenv(OTHER, number)
    assert redis_url(NAME, number=OTHER) == expected


@pytest.mark.parametrize("url", ["host", "http://host", "redis:///1", "redis://:tEst/x@host", "redis://:tEst@host/a"])
def test_a_bad_redis_url_is_refused_by_name_and_not_repeated(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv(NAME, url)
    with pytest.raises(ImproperlyConfigured, match=f"^{NAME} m") as refused:
        redis_url(NAME, number=OTHER)
    assert "tEst" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((), ["sqlite3", "LocMemCache", "MemoryLayer", "memory", True, True, True, 2.0]),
        (("REDIS_URL",), ["sqlite3", "SurvivingRedisCache", "SurvivingRedisLayer", "redis", True, True, False, 2.0]),
        (
            ("DATABASE_URL",),
            ["postgresql", "LocMemCache", "MemoryLayer", "memory", True, True, True, 2.0],
        ),
        (
            ("DATABASE_URL", "REDIS_URL"),
            ["postgresql", "SurvivingRedisCache", "SurvivingRedisLayer", "redis", False, False, False, 20.0],
        ),
    ],
)
def test_what_the_servers_decide(tmp_path: Path, given: tuple[str, ...], expected: list[object]) -> None:
    """Only both together let several processes serve; each alone brings what it can."""
    urls = {"DATABASE_URL": "postgresql://host/name", "REDIS_URL": "redis://host"}
    environment = {name: urls[name] for name in given} | {"APP_DOTENV": "/dev/null"}
    backends = "base.DATABASES['default']['ENGINE'], base.CACHES['default']['BACKEND']"
    backends += ", base.CHANNEL_LAYERS['default']['BACKEND']"
    switches = "base.IS_EMBEDDED, base.HOLDS_VAR_LOCK, base.CELERY_IS_EMBEDDED, base.DRAIN_SECONDS"
    expression = (
        f"json.dumps([*(b.split('.')[-1] for b in ({backends})), base.CELERY_BROKER_URL.split(':')[0], {switches}])"
    )
    assert json.loads(settings_process(tmp_path, environment, expression).stdout) == expected


def test_without_servers_their_clients_are_not_imported(tmp_path: Path) -> None:
    """Each would cost every start-up and every idle process. The admin's theme brings psycopg along."""
    loaded = "sorted({name.split('.')[0] for name in sys.modules} & {'psycopg_pool', 'redis'})"
    code = f"import sys, convoscope.asgi, convoscope.serving; print({loaded})"
    environment = {"APP_DOTENV": "/dev/null", "APP_VAR_DIR": str(tmp_path / "var")}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


def test_sql_is_logged_where_it_is_asked_for(tmp_path: Path) -> None:
    code = "import django; django.setup(); from accounts.models import User; User.objects.exists()"
    environment = {"APP_DOTENV": "/dev/null", "APP_VAR_DIR": str(tmp_path / "var")}
    environment["DJANGO_SETTINGS_MODULE"] = "convoscope.settings.current"
    migrate = [sys.executable, "manage.py", "migrate", "-v", "0"]
    subprocess.run(migrate, cwd=ROOT, env=environment, check=True)
    for echo in ("true", "false"):
        asked = environment | {"DATABASE_ECHO": echo}
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=asked, capture_output=True, text=True)
        assert ("SELECT 1" in done.stderr) == (echo == "true"), done.stderr
