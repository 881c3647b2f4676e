"""Settings of the tests: a database file of its own, quick password hashing, no embedded Celery."""

from __future__ import annotations

import os
import tempfile

os.environ["APP_VAR_DIR"] = os.environ.get("TEST_VAR_DIR") or tempfile.mkdtemp(prefix="convoscope-test-")
os.environ.setdefault("APP_SECRET_KEY", "a key for tests only, long enough to pass every check")

from convoscope.settings.base import *  # noqa: F403
from convoscope.settings.base import DATABASES, VAR_DIR

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file: threads can't share an in-memory database without table locks.
    DATABASES["default"]["TEST"] = {"NAME": VAR_DIR / "test.sqlite3"}
CELERY_IS_EMBEDDED = False
HOLDS_VAR_LOCK = False
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
