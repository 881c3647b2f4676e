"""What a row that holds a provider's key has: the key, encrypted, and what is shown in its place."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from convoscope.encryption import Undecryptable, decrypt, encrypt

HINT_CHARS = 4
# Of a shorter key four characters would be too much of it.
HINTED_KEY_MIN_CHARS = 12


class KeptKey(models.Model):
    """Only the key's encrypted form is stored; `key_hint` is its end, for people to recognise it by. `last_failure` is
    what the last test met, blank if it passed."""

    # Where it is encrypted for: a key that is moved to another model's rows can't be read there.
    key_field: ClassVar[str]

    api_key_encrypted = models.TextField(blank=True)
    key_hint = models.CharField(max_length=HINT_CHARS, blank=True)
    last_failure = models.TextField(blank=True)
    last_failed_at = models.DateTimeField(null=True, blank=True)
    last_tested_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True

    @property
    def api_key(self) -> str:
        """The key itself; blank for a local server that needs none.

        Raises: Undecryptable.
        """
        return decrypt(self.api_key_encrypted, field=self.key_field) if self.api_key_encrypted else ""

    @property
    def is_readable(self) -> bool:
        try:
            return isinstance(self.api_key, str)
        except Undecryptable:
            return False

    def keep_key(self, key: str) -> None:
        self.api_key_encrypted = encrypt(key, field=self.key_field) if key else ""
        self.key_hint = key[-HINT_CHARS:] if len(key) >= HINTED_KEY_MIN_CHARS else ""
