"""What an administrator types of an endpoint, checked: each function returns what is stored, or says what to do."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from django.utils.translation import gettext as _

from convoscope.errors import ValidationFailed
from providers.catalog import load_catalog
from providers.models import Endpoint

KEY_MAX_CHARS = 1_000
BASE_URL_MAX_CHARS = 500
MODEL_MAX_CHARS = 200
LABEL_MAX_CHARS = 80
# What stands for something else before the slash of a model's name, or in an address of this app.
RESERVED_NAMES = frozenset({"auto", "offline", "custom", "models", "own", "default"})


def clean_key(value: str) -> str:
    """Raises: ValidationFailed for what no header can carry."""
    key = value.strip()
    if len(key) > KEY_MAX_CHARS or not re.fullmatch(r"[!-~]*", key):
        message = _("That is not a key: it has spaces, line breaks or special characters, or is far too long.")
        raise ValidationFailed(message, field="api_key")
    return key


def clean_model(value: str) -> str:
    """Raises: ValidationFailed."""
    model = value.strip()
    if len(model) > MODEL_MAX_CHARS or not model.isprintable():
        raise ValidationFailed(_("That is not the name of a model."), field="default_model")
    return model


def clean_name(value: str) -> str:
    """The name, which models have before their slash.

    Raises: ValidationFailed for one that is taken, or would take the place of something else.
    """
    name = value.strip().lower()
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,49}", name):
        message = _("A name has small letters, digits, - and _, 50 at most, such as lab-server.")
        raise ValidationFailed(message, field="name")
    catalog = load_catalog()
    first_parts = {entry.model.id.partition("/")[0] for entry in catalog.entries.values() if "/" in entry.model.id}
    prefixes = {prefix for endpoint in catalog.endpoints.values() for prefix in endpoint.prefixes}
    if name in RESERVED_NAMES | set(catalog.endpoints) | first_parts | prefixes:
        raise ValidationFailed(_("“%(name)s” is reserved. Choose another name.") % {"name": name}, field="name")
    if Endpoint.objects.filter(name=name).exists():
        raise ValidationFailed(name_taken(name), field="name")
    return name


def name_taken(name: str) -> str:
    return _("There is a provider named “%(name)s” already. Choose another name.") % {"name": name}


def clean_label(value: str, *, name: str) -> str:
    """What people see; its name where it is blank.

    Raises: ValidationFailed.
    """
    label = " ".join(value.split()) or name.strip()
    if len(label) > LABEL_MAX_CHARS or not label.isprintable():
        message = _("Write what people see in %(count)d characters at most.") % {"count": LABEL_MAX_CHARS}
        raise ValidationFailed(message, field="label")
    return label


def clean_base_url(value: str, *, label: str, is_needed: bool) -> str:
    """The address without a slash at its end; blank for the vendor's own, unless it `is_needed`.

    Raises: ValidationFailed.
    """
    url = value.strip().rstrip("/")
    if not url:
        if is_needed:
            message = (
                _("Please give the address of your %(name)s.") if label else _("Please give the server's address.")
            )
            raise ValidationFailed(message % {"name": label}, field="base_url")
        return ""
    message = ""
    parts = _split(url)
    if parts is None or len(url) > BASE_URL_MAX_CHARS:
        message = _("That is not an address. It looks like https://host/v1.")
    elif "@" in parts.netloc:
        message = _("Leave user name and password out of the address; the key has its own field.")
    elif parts.query or parts.fragment:
        message = _("Leave out what follows the ? or # in the address.")
    if message:
        raise ValidationFailed(message, field="base_url")
    return url


def _split(url: str) -> SplitResult | None:
    """The parts of an http or https address whose host and port mean something."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
        if ":" in host:
            ipaddress.IPv6Address(host)
    except ValueError:
        return None
    is_host = ":" in host or re.fullmatch(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?", host)
    is_address = parts.scheme in ("http", "https") and re.fullmatch(r"[!-~]+", url)
    return parts if is_host and is_address else None
