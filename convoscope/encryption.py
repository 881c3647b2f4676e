"""Secrets in the database: encrypted before they are stored, read back with whichever of the site's keys wrote them.
Keys for other purposes come from the same secrets."""

from __future__ import annotations

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class Undecryptable(Exception):
    """Stored under a secret that this site no longer has. Seen by whoever reads the field, who treats it as empty."""


def encrypt(text: str, *, field: str) -> str:
    """`field` names where it is stored, such as `providers.Endpoint.api_key`: moved elsewhere it can't be read."""
    return encrypt_bytes(text.encode(), field=field).decode("ascii")


def decrypt(stored: str, *, field: str) -> str:
    """Raises: Undecryptable."""
    return decrypt_bytes(stored.encode(), field=field).decode()


def encrypt_bytes(content: bytes, *, field: str) -> bytes:
    return _ciphers(field, _secrets()).encrypt(content)


def decrypt_bytes(stored: bytes, *, field: str) -> bytes:
    """Raises: Undecryptable."""
    try:
        return _ciphers(field, _secrets()).decrypt(stored)
    except InvalidToken as exc:
        raise Undecryptable(f"{field} was stored under another secret") from exc


def purpose_keys(purpose: str) -> list[bytes]:
    """Keys of 32 bytes for something else than encryption, such as signing: one of each of the site's secrets, the
    newest first."""
    return [base64.urlsafe_b64decode(_derived(secret, purpose)) for secret in _secrets()]


def _secrets() -> tuple[str, ...]:
    return tuple(settings.FIELD_ENCRYPTION_KEYS) or (settings.SECRET_KEY,)


@lru_cache(maxsize=64)
def _ciphers(field: str, secrets: tuple[str, ...]) -> MultiFernet:
    """The first secret writes, all of them read."""
    return MultiFernet([Fernet(_derived(secret, field)) for secret in secrets])


@lru_cache(maxsize=256)
def _derived(secret: str, field: str) -> bytes:
    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"convoscope field encryption: {field}".encode())
    return base64.urlsafe_b64encode(kdf.derive(secret.encode()))
