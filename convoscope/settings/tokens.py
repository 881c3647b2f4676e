"""Tokens for apps: the key that signs them, whose they are and how long they hold."""

from __future__ import annotations

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.exceptions import ImproperlyConfigured

from convoscope.settings import env

RSA_BITS = 2048
SECRET_CHARS = 32
HOUR_S, WEEK_S = 3600, 7 * 24 * 3600


def signing_key() -> str:
    """JWT_PRIVATE_KEY in the form PEM; empty where it is unset.

    Raises: ImproperlyConfigured for what is no RSA key of 2,048 bits or more.
    """
    pem = env.secret("JWT_PRIVATE_KEY").replace("\\n", "\n")
    if not pem:
        return ""
    refusal = ImproperlyConfigured(f"JWT_PRIVATE_KEY must be an RSA key of {RSA_BITS} bits or more, in the form PEM.")
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError):
        # Not chained: the cause may repeat the key.
        raise refusal from None
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < RSA_BITS:
        raise refusal
    return pem


def made_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem.decode("ascii")


def shared_secret() -> str:
    """JWT_SECRET; empty where it is unset. Raises: ImproperlyConfigured for a short one."""
    secret = env.secret("JWT_SECRET")
    if secret and len(secret) < SECRET_CHARS:
        raise ImproperlyConfigured(f"JWT_SECRET must have {SECRET_CHARS} characters or more.")
    return secret


_SECRET = shared_secret()
HEADLESS_CLIENTS = ("app",)
HEADLESS_TOKEN_STRATEGY = "providers.token_claims.TokenStrategy"  # noqa: S105  # nosec B105  # a class
HEADLESS_JWT_ALGORITHM = "HS256" if _SECRET else "RS256"
HEADLESS_JWT_PRIVATE_KEY = _SECRET or signing_key()
HEADLESS_JWT_ACCESS_TOKEN_EXPIRES_IN = env.integer("JWT_EXPIRY", HOUR_S, minimum=60, maximum=HOUR_S)
HEADLESS_JWT_REFRESH_TOKEN_EXPIRES_IN = env.integer("JWT_REFRESH_EXPIRY", WEEK_S, minimum=HOUR_S, maximum=WEEK_S)
HEADLESS_JWT_STATEFUL_VALIDATION_ENABLED = HEADLESS_JWT_ROTATE_REFRESH_TOKEN = True
