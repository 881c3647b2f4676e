"""A database that migrations have been through, made once, that tests and the servers they start get copies of."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from django.db.migrations.loader import MigrationLoader

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / ".pytest_cache"
DATABASE = "convoscope_migrated"


def migrated_file() -> Path:
    """SQLite's, kept from one run to the next until a migration changes."""
    kept = KEPT / f"migrated-{_fingerprint()}.sqlite3"
    KEPT.mkdir(exist_ok=True)
    with (KEPT / "migrated.lock").open("w") as lock:
        # The workers of one run come here together.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            for old in KEPT.glob("migrated-*.sqlite3"):
                old.unlink()
            with TemporaryDirectory(dir=KEPT) as var:
                _migrate({"APP_VAR_DIR": var, "DATABASE_URL": ""})
                made = Path(var) / "convoscope.sqlite3"
                with closing(sqlite3.connect(made)) as database:
                    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                made.rename(kept)
    return kept


@contextmanager
def migrated_database(server: str) -> Iterator[str]:
    """PostgreSQL's, a template for CREATE DATABASE for as long as this takes. Yields its name."""
    import psycopg  # only where there is a server

    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {DATABASE}")
        try:
            _migrate({"DATABASE_URL": urlsplit(server)._replace(path=f"/{DATABASE}").geturl()})
            yield DATABASE
        finally:
            connection.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")


def _migrate(environment: dict[str, str]) -> None:
    given = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_SETTINGS", "TEST_"))}
    given |= {"APP_DOTENV": os.devnull, "APP_SECRET_KEY": "a key for tests only, long enough to pass every check"}
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=given | environment, check=True)


def _fingerprint() -> str:
    """Of every migration, the libraries' too."""
    migrations = MigrationLoader(None, ignore_no_migrations=True).disk_migrations.values()
    digest = sha256()
    for path in sorted(str(sys.modules[migration.__module__].__file__) for migration in migrations):
        digest.update(path.encode() + Path(path).read_bytes())
    return digest.hexdigest()[:16]
