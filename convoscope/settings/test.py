"""Settings of the tests: a database file of its own, quick password hashing, no embedded Celery."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

# Nothing of a developer's own settings and keys reaches a test, or a process that a test starts.
for _name in re.findall(r"^#?([A-Z0-9_]+)=", (Path(__file__).parents[2] / ".env.example").read_text("utf-8"), re.M):
    os.environ.pop(_name, None)
    os.environ.pop(f"{_name}_FILE", None)
os.environ["APP_DOTENV"] = os.devnull
os.environ["APP_VAR_DIR"] = os.environ.get("TEST_VAR_DIR") or tempfile.mkdtemp(prefix="convoscope-test-")
# The other set-up, where the tests are given servers; a Redis database for each worker, since each clears its own.
os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL", "")
if _redis := os.environ.get("TEST_REDIS_URL"):
    _number = re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "")) or "0"
    os.environ["REDIS_URL"] = urlsplit(_redis)._replace(path=f"/{_number}").geturl()
os.environ.setdefault("APP_SECRET_KEY", "a key for tests only, long enough to pass every check")

# Imported here, because what they read had to be set first.
from convoscope.settings.base import *  # noqa: E402, F403
from convoscope.settings.base import DATABASES, VAR_DIR  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file: threads can't share an in-memory database without table locks.
    DATABASES["default"]["TEST"] = {"NAME": VAR_DIR / "test.sqlite3"}
    # SQLite has no queue for its lock: who waits looks ten times a second, and one of eight threads that hand it on was
    # seen to find it free after five seconds. A machine that does much else is slow, not wrong.
    DATABASES["default"]["OPTIONS"]["timeout"] = 60
else:
    DATABASES["default"]["TEST"] = {"TEMPLATE": os.environ.get("TEST_TEMPLATE")}
CELERY_IS_EMBEDDED = False
HOLDS_VAR_LOCK = False
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# Tests script each call of a model; those about retries say how many there may be.
LLM_MAX_RETRIES = 0
