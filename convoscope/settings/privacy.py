"""How long what is known of people is kept, as far as operators don't choose it."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import ImproperlyConfigured

from convoscope.settings import env

# How long before its end an account that nobody uses is announced to its owner, and announced again
PROFILE_NOTICE_DAYS = (30, 7)
# How long a conversation with health data keeps it after its last message
HEALTH_RETENTION_DAYS = 30
# How long sums of what was used stand by person
ANALYTICS_RETENTION_DAYS = 730
# How long an erasure can be taken back
ERASURE_GRACE_DAYS = 7
STORAGES = {
    "default": {"BACKEND": "convoscope.storage.ContentStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}


def encrypts_content(name: str, *, keys: Sequence[str]) -> bool:
    """Whether what people write is encrypted before it is stored.

    Raises: ImproperlyConfigured without keys of its own: a secret key that is changed would take all of it away.
    """
    wanted = env.boolean(name, False)
    if wanted and not keys:
        raise ImproperlyConfigured(f"{name} needs FIELD_ENCRYPTION_KEYS: make a long secret, and keep a copy of it.")
    return wanted
