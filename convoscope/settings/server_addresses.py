"""Reading the addresses of PostgreSQL and Redis from the environment."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from convoscope.settings import env

# What may stand behind the ? of a database's address: libpq's names for the ways to connect
DATABASE_OPTIONS = (
    "application_name",
    "channel_binding",
    "connect_timeout",
    "options",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "target_session_attrs",
)


@dataclass(frozen=True, slots=True)
class DatabaseServer:
    """A PostgreSQL database, and how to reach it."""

    name: str
    user: str
    password: str = field(repr=False)
    host: str
    port: int | None
    options: dict[str, str]


def database_server(name: str) -> DatabaseServer | None:
    """A `postgresql://user:password@host:port/name?sslmode=require` address, its parts percent-decoded; None where it
    is unset. No host means the server's local socket.

    Raises: ImproperlyConfigured, in words that repeat nothing of the address: it holds a password.
    """
    address = _split(name, ("postgresql", "postgres"), "postgresql://user:password@host:port/name")
    if address is None:
        return None
    url, port = address
    database = unquote(url.path.removeprefix("/"))
    if not database or "/" in database:
        raise ImproperlyConfigured(f"{name} must end in the name of a database: postgresql://user:password@host/name.")
    options = dict(parse_qsl(url.query, keep_blank_values=True))
    if set(options) - set(DATABASE_OPTIONS):
        raise ImproperlyConfigured(f"{name} may have only these options after its ?: {', '.join(DATABASE_OPTIONS)}.")
    return DatabaseServer(
        name=database,
        user=unquote(url.username or ""),
        password=unquote(url.password or ""),
        host=unquote(url.hostname or ""),
        port=port,
        options=options,
    )


def redis_url(name: str, *, number: str) -> str:
    """A `redis://:password@host:port/0` address, `rediss://` for TLS; empty where it is unset. The variable `number`
    chooses the database where the address doesn't.

    Raises: ImproperlyConfigured, in words that repeat nothing of the address.
    """
    default_number = env.integer(number, 0)
    address = _split(name, ("redis", "rediss"), "redis://:password@host:port")
    if address is None:
        return ""
    url, _ = address
    if not url.hostname:
        raise ImproperlyConfigured(f"{name} must name a host: redis://:password@host:port.")
    path = url.path.removeprefix("/")
    if path and not (path.isascii() and path.isdigit()):
        raise ImproperlyConfigured(f"{name} may end in the number of a database only: redis://host:port/0.")
    return url._replace(path=f"/{path or default_number}").geturl()


def _split(name: str, schemes: Collection[str], form: str) -> tuple[SplitResult, int | None] | None:
    """A secret address, split, and its port; None where it is unset."""
    value = env.secret(name)
    if not value:
        return None
    refusal = ImproperlyConfigured(f"{name} must be of the form {form}; write special characters as %XX.")
    try:
        url = urlsplit(value)
        port = url.port
    except ValueError:
        # Not chained: a password with an unescaped / or # is read as a port, and the cause repeats it.
        raise refusal from None
    if url.scheme not in schemes or url.fragment:
        raise refusal
    return url, port
