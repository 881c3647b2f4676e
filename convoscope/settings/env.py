"""The only place that reads the environment: typed, and strict about what it can't read.

Every variable that is read is noted in `READ`, which a test compares with `.env.example` and the docs.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

READ: set[str] = set()

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}
INFINITY = float("inf")


def load_dotenv(path: Path) -> None:
    """Put `NAME=value` lines of a `.env` file into the environment; what is set there already wins.

    Raises: ImproperlyConfigured for a line that is neither blank, a comment nor an assignment.
    """
    if not path.is_file():
        return
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), 1):
        line = line.strip().removeprefix("export ").lstrip()
        if not line or line.startswith("#"):
            continue
        name, separator, value = line.partition("=")
        if not separator or not name.strip().isidentifier():
            raise ImproperlyConfigured(
                f"{path.name} line {number} is not NAME=value. Comment it out with # or mend it."
            )
        value = value.strip()
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        os.environ.setdefault(name.strip(), value)


def text(name: str, default: str = "", *, also: str = "") -> str:
    """The variable's value, or that of its other name, stripped; `default` where it is unset or blank."""
    for candidate in filter(None, (name, also)):
        READ.add(candidate)
    for candidate in filter(None, (name, also)):
        value = os.environ.get(candidate, "").strip()
        if value:
            return value
    return default


def secret(name: str, default: str = "") -> str:
    """Like `text`, or the content of the file that `NAME_FILE` names.

    Raises: ImproperlyConfigured if that file can't be read.
    """
    path = text(f"{name}_FILE")
    if not path:
        return text(name, default)
    READ.add(name)
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as exc:
        raise ImproperlyConfigured(f"{name}_FILE names a file that can't be read: {exc.strerror}.") from exc


def secrets(name: str, *, minimum_chars: int) -> list[str]:
    """A comma-separated list of secrets, read as `secret` reads one.

    Raises: ImproperlyConfigured, without showing any of them.
    """
    found = [one.strip() for one in secret(name).split(",") if one.strip()]
    if any(len(one) < minimum_chars for one in found):
        raise ImproperlyConfigured(f"{name} must be a list of secrets of {minimum_chars} characters or more.")
    return found


def boolean(name: str, default: bool) -> bool:
    value = text(name, "true" if default else "false").lower()
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be true or false, not {value!r}.")


def integer(name: str, default: int, *, minimum: int = 0, maximum: int | None = None) -> int:
    value = text(name, str(default))
    try:
        number = int(value)
    except ValueError as exc:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from exc
    return int(_in_range(name, number, minimum, maximum))


def seconds(name: str, default: float, *, also: str = "", minimum: float = 0, maximum: float | None = None) -> float:
    value = text(name, str(default), also=also)
    try:
        number = float(value)
    except ValueError as exc:
        raise ImproperlyConfigured(f"{name} must be a number of seconds, not {value!r}.") from exc
    return _in_range(name, number, minimum, maximum)


def decimal(name: str, default: float, *, minimum: float, maximum: float) -> float:
    value = text(name, str(default))
    try:
        number = float(value)
    except ValueError as exc:
        raise ImproperlyConfigured(f"{name} must be a number, not {value!r}.") from exc
    return _in_range(name, number, minimum, maximum)


@dataclass(frozen=True, slots=True)
class Provider:
    """What the environment says of one endpoint. `timeout_s` bounds the first token and each silence after it."""

    api_key: str = field(repr=False)
    base_url: str
    model: str
    timeout_s: float


@dataclass(frozen=True, slots=True)
class Mail:
    """The server that takes our mails. Without a host they are printed to the console."""

    host: str = ""
    port: int = 0
    user: str = ""
    password: str = field(default="", repr=False)
    use_starttls: bool = False
    use_tls: bool = False


_MAIL_FORM = "smtp://user:password@host:587?tls=true, smtps://user:password@host, or console:"
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def mail(name: str) -> Mail:
    """Where mails go. What can't be read is described, never repeated: it holds a password."""
    value = secret(name)
    if value.removesuffix(":").lower() in ("", "console"):
        return Mail()
    try:
        url = urlsplit(value)
        host, port = url.hostname or "", url.port
    except ValueError:
        # Its own words repeat a part of the value.
        raise _unreadable(name) from None
    if url.scheme not in ("smtp", "smtps") or not host:
        raise ImproperlyConfigured(f"{name} must look like {_MAIL_FORM}.")
    try:
        use_starttls = _starttls(url)
    except ValueError:
        raise _unreadable(name) from None
    found = Mail(
        host=host,
        port=port or (465 if url.scheme == "smtps" else 25),
        user=unquote(url.username or ""),
        password=unquote(url.password or ""),
        use_starttls=use_starttls,
        use_tls=url.scheme == "smtps",
    )
    if found.password and not (use_starttls or found.use_tls or host in _LOOPBACK):
        raise ImproperlyConfigured(f"{name} would send its password unencrypted. Add ?tls=true, or use smtps://.")
    return found


def _unreadable(name: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(
        f"{name} can't be read. It looks like {_MAIL_FORM}; "
        "special characters of the password are percent-encoded, such as %40 for @."
    )


def _starttls(url: SplitResult) -> bool:
    """Raises: ValueError for anything but `tls=true` or `tls=false` behind the host, or both kinds of TLS."""
    options = dict(parse_qsl(url.query, keep_blank_values=True, strict_parsing=bool(url.query)))
    word = options.pop("tls", "false").lower()
    if options or url.path not in ("", "/") or url.fragment or word not in _TRUE | _FALSE:
        raise ValueError
    if word in _TRUE and url.scheme == "smtps":
        raise ValueError
    return word in _TRUE


def address(name: str) -> str:
    """One e-mail address, or empty."""
    value = text(name)
    if not value:
        return ""
    try:
        validate_email(value)
    except ValidationError as exc:
        raise ImproperlyConfigured(f"{name} must be an e-mail address, not {value!r}.") from exc
    return value


# With a key, and local ones that are on by their URL alone
HOSTED = (
    "openai",
    "anthropic",
    "gemini",
    "openrouter",
    "azure_openai",
    "bedrock",
    "xai",
    "groq",
    "mistral",
    "deepseek",
    "v98store",
)
LOCAL = ("ollama", "vllm")
SILENCE_S = 30.0
MODEL_CLASSES = ("economy", "standard", "premium")
# By which the auto model knows work, in English and in Vietnamese
AUTO_MODEL_WORDS = (
    "code,implement,create,analyze,analyse,analysis,design,strategy,build,develop,function,class,algorithm,optimize,"
    "optimise,debug,refactor,lập trình,triển khai,tạo,phân tích,thiết kế,chiến lược,xây dựng,phát triển,hàm,lớp,"
    "thuật toán,tối ưu,gỡ lỗi,sửa lỗi,tái cấu trúc"
)


def provider_names(name: str, default: str) -> list[str]:
    """A comma-separated list of endpoints."""
    names = words(name, default)
    for one in names:
        if one not in (*HOSTED, *LOCAL):
            raise ImproperlyConfigured(f"{name} names {one!r}, which is none of {', '.join((*HOSTED, *LOCAL))}.")
    return names


def default_provider(name: str, *, also: str, on: Collection[str]) -> str:
    """The endpoint that conversations start with; empty if none was named. It has to be switched on."""
    provider = choice(name, "", ("", "offline", *HOSTED, *LOCAL), also=also)
    if provider and provider != "offline" and provider not in on:
        raise ImproperlyConfigured(f"{name} is {provider}, but that provider is off: set {provider.upper()}_API_KEY.")
    return provider


def model_name(name: str) -> str:
    """The name of one model; empty if none was named. Whether it is on, only those know who may read the database: an
    administrator may have added its provider."""
    value = text(name)
    if value.lower() == "auto" or len(value.split()) > 1:
        raise ImproperlyConfigured(f"{name} must name one model, such as openai/gpt-6-luna, not {value!r}.")
    return value


def providers() -> dict[str, Provider]:
    """The endpoints that are on, by name: `OPENAI_API_KEY`, `_BASE_URL`, `_MODEL`, `_TIMEOUT`, and so for each."""
    found = {}
    for name in (*HOSTED, *LOCAL):
        prefix = name.upper()
        provider = Provider(
            api_key=_key(f"{prefix}_API_KEY"),
            base_url=text(f"{prefix}_BASE_URL"),
            model=text(f"{prefix}_MODEL"),
            timeout_s=seconds(f"{prefix}_TIMEOUT", SILENCE_S, minimum=1, maximum=600),
        )
        if name == "bedrock":
            provider = replace(provider, base_url=provider.base_url or _bedrock_address(text("BEDROCK_REGION")))
        # Bedrock is on by its address alone, too: AWS's own chain of credentials may have what signs the calls.
        if provider.api_key or (name in (*LOCAL, "bedrock") and provider.base_url):
            found[name] = provider
    return found


def _key(name: str) -> str:
    """Raises: ImproperlyConfigured for what no header can carry, without showing it."""
    key = secret(name)
    if not re.fullmatch(r"[!-~]*", key):
        raise ImproperlyConfigured(f"{name} is not a key: it has spaces, line breaks or special characters.")
    return key


def _bedrock_address(region: str) -> str:
    if region and not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", region):
        raise ImproperlyConfigured(f"BEDROCK_REGION must be a region of AWS, such as us-east-1, not {region!r}.")
    return f"https://bedrock-mantle.{region}.api.aws/anthropic" if region else ""


def _in_range(name: str, number: float, minimum: float, maximum: float | None) -> float:
    if not minimum <= number < INFINITY or (maximum is not None and number > maximum):
        limit = f"at least {minimum:g}" if maximum is None else f"between {minimum:g} and {maximum:g}"
        raise ImproperlyConfigured(f"{name} must be {limit}, not {number}.")
    return number


def choice(name: str, default: str, allowed: Collection[str], *, also: str = "") -> str:
    value = text(name, default, also=also).lower()
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(sorted(allowed))}, not {value!r}.")
    return value


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list without blanks."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    """Comma-separated, each as `10.1.0.0/16` or a single address."""
    found: list[IPv4Network | IPv6Network] = []
    for word in words(name):
        try:
            found.append(ip_network(word))
        except ValueError as exc:
            raise ImproperlyConfigured(f"{name}: {word} is no network. It looks like 10.1.0.0/16.") from exc
    return found
