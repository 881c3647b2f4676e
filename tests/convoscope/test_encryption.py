"""Secrets in the database: read back with the secrets that wrote them, never with others."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from convoscope.encryption import Undecryptable, decrypt, encrypt

pytestmark = pytest.mark.security

FIELD = "tests.Row.secret"
OLD, NEW = "the old secret, long enough to pass the check", "the new secret, long enough to pass the check"


@pytest.mark.parametrize("text", ["sk-0123456789", "", "ключ", "x" * 5_000])
def test_what_is_stored_is_read_back(text: str) -> None:
    stored = encrypt(text, field=FIELD)
    assert stored.isascii()
    assert not text or text not in stored
    assert decrypt(stored, field=FIELD) == text
    assert encrypt(text, field=FIELD) != stored


def test_the_same_text_elsewhere_cannot_be_read() -> None:
    with pytest.raises(Undecryptable, match=r"^tests\.Row\.other was stored under another secret$"):
        decrypt(encrypt("sk-0123456789", field=FIELD), field="tests.Row.other")


@pytest.mark.parametrize("stored", ["", "nonsense", "gAAAAA=="])
def test_what_was_never_encrypted_cannot_be_read(stored: str) -> None:
    with pytest.raises(Undecryptable):
        decrypt(stored, field=FIELD)


def test_secrets_are_rotated_by_putting_the_new_one_first(settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    before = encrypt("sk-before", field=FIELD)
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    after = encrypt("sk-after", field=FIELD)
    assert decrypt(before, field=FIELD) == "sk-before"
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert decrypt(after, field=FIELD) == "sk-after"
    with pytest.raises(Undecryptable):
        decrypt(before, field=FIELD)


def test_what_the_secret_key_wrote_stays_readable_when_it_is_listed_last(settings: Settings) -> None:
    before = encrypt("sk-before", field=FIELD)
    settings.FIELD_ENCRYPTION_KEYS = [NEW, settings.SECRET_KEY]
    assert decrypt(before, field=FIELD) == "sk-before"
