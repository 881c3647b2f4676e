"""Endpoints: the providers an administrator has added a key for."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from uuid_utils.compat import uuid7

from convoscope.encryption import decrypt, encrypt

API_KEY_FIELD = "providers.Endpoint.api_key"
HINT_CHARS = 4
# Of a shorter key four characters would be too much of it.
HINTED_KEY_MIN_CHARS = 12


class Endpoint(models.Model):
    """A provider of the catalog, by `name`, with the key and address an administrator gave it.

    It stands for itself: a blank `base_url` is the vendor's own address, whatever the environment says. Only the key's
    encrypted form is stored; `key_hint` is its end, for people to recognise it by. `last_failure` is what the last test
    met, blank if it passed.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.SlugField(max_length=50, unique=True)
    base_url = models.CharField(max_length=500, blank=True)
    default_model = models.CharField(max_length=200, blank=True)
    api_key_encrypted = models.TextField(blank=True)
    key_hint = models.CharField(max_length=HINT_CHARS, blank=True)
    is_enabled = models.BooleanField(default=False)
    last_failure = models.TextField(blank=True)
    last_failed_at = models.DateTimeField(null=True, blank=True)
    last_tested_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name

    @property
    def api_key(self) -> str:
        """The key itself; blank for a local server that needs none.

        Raises: Undecryptable.
        """
        return decrypt(self.api_key_encrypted, field=API_KEY_FIELD) if self.api_key_encrypted else ""

    def keep_key(self, key: str) -> None:
        self.api_key_encrypted = encrypt(key, field=API_KEY_FIELD) if key else ""
        self.key_hint = key[-HINT_CHARS:] if len(key) >= HINTED_KEY_MIN_CHARS else ""
