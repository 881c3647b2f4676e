"""What an administrator does to an endpoint: save its key, test it, use it in spite of a failed test, remove it."""

from __future__ import annotations

import ipaddress
import logging
import re
from urllib.parse import SplitResult, urlsplit

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from convoscope.encryption import Undecryptable
from convoscope.errors import ValidationFailed
from providers.catalog import Endpoint as KnownEndpoint
from providers.configured import endpoints_changed, first_model, forget_rows, row_config
from providers.models import Endpoint
from providers.trial import Trial, try_endpoint

logger = logging.getLogger(__name__)

KEY_MAX_CHARS = 1_000
BASE_URL_MAX_CHARS = 500
MODEL_MAX_CHARS = 200
SAVED = (
    "base_url",
    "default_model",
    "api_key_encrypted",
    "key_hint",
    "is_enabled",
    "last_failure",
    "last_failed_at",
    "last_tested_at",
)


def save_endpoint(*, known: KnownEndpoint, api_key: str, base_url: str, default_model: str, by: User) -> Trial:
    """Try what was given and store it: in use if it works, out of use with the reason if it doesn't.

    A blank `api_key` keeps the stored one, unless the address changed: a key goes nowhere it was not pasted for.

    Raises: ValidationFailed, with the field, and for a row that somebody else saved during the test; nothing is
    stored then.
    """
    row = Endpoint.objects.filter(name=known.name).first() or Endpoint(name=known.name)
    base_url = clean_base_url(base_url, known=known)
    _take_key(row, clean_key(api_key), known=known, is_moved=base_url != row.base_url)
    row.base_url, row.default_model = base_url, clean_model(default_model)
    trial = _try(row)
    _note(row, trial)
    row.is_enabled = not trial.failure
    _store(row, by)
    _tell(row.name, "saved in use" if row.is_enabled else "saved out of use", by)
    return trial


def _store(row: Endpoint, by: User) -> None:
    if row.created_at is None:
        row.created_by = by
        is_stored = _insert(row)
    else:
        fields = {name: getattr(row, name) for name in SAVED}
        unchanged = Endpoint.objects.filter(id=row.id, updated_at=row.updated_at)
        is_stored = bool(unchanged.update(**fields, updated_at=timezone.now()))
    if not is_stored:
        message = _("Somebody else saved this provider meanwhile. Reload the page, then save again.")
        raise ValidationFailed(message, field="api_key")


def _insert(row: Endpoint) -> bool:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return False
    return True


def test_endpoint(*, endpoint: Endpoint, by: User) -> Trial:
    """Try it as it is stored. One that works is put in use; one in use that fails stays so, with the failure shown."""
    trial = _try(endpoint)
    _note(endpoint, trial)
    # Who replaced or removed it meanwhile knows better than this test.
    Endpoint.objects.filter(id=endpoint.id, updated_at=endpoint.updated_at).update(
        is_enabled=endpoint.is_enabled or not trial.failure,
        last_failure=endpoint.last_failure,
        last_failed_at=endpoint.last_failed_at,
        last_tested_at=endpoint.last_tested_at,
        updated_at=timezone.now(),
    )
    _tell(endpoint.name, "tested", by)
    return trial


def enable_endpoint(*, endpoint: Endpoint, by: User) -> None:
    """Use it although its test failed."""
    Endpoint.objects.filter(id=endpoint.id).update(is_enabled=True, updated_at=timezone.now())
    _tell(endpoint.name, "put in use", by)


def remove_endpoint(*, endpoint: Endpoint, by: User) -> None:
    """Forget its key. Answers that are being written with it go on to their end."""
    Endpoint.objects.filter(id=endpoint.id).delete()
    _tell(endpoint.name, "removed", by)


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


def clean_base_url(value: str, *, known: KnownEndpoint) -> str:
    """The address without a slash at its end; blank for the vendor's own.

    Raises: ValidationFailed.
    """
    url = value.strip().rstrip("/")
    if not url:
        if known.has_own_address:
            raise ValidationFailed(
                _("Please give the address of your %(name)s.") % {"name": known.label}, field="base_url"
            )
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


def _take_key(row: Endpoint, api_key: str, *, known: KnownEndpoint, is_moved: bool) -> None:
    """Raises: ValidationFailed if there is none and has to be one."""
    if api_key or (known.is_local and is_moved):
        row.keep_key(api_key)
    elif known.is_local:
        return
    elif not row.api_key_encrypted:
        raise ValidationFailed(_("Please paste a key."), field="api_key")
    elif is_moved:
        message = _("Please paste the key again: it is not sent to another address unasked.")
        raise ValidationFailed(message, field="api_key")


def _try(row: Endpoint) -> Trial:
    """Raises: ValidationFailed if no model is known to try."""
    try:
        config = row_config(row)
    except Undecryptable:
        message = _("The key was stored under another secret; paste it again.")
        return Trial(model=row.default_model, failure=message)
    if not first_model(config):
        raise ValidationFailed(_("Please name a model: those of this provider aren't listed."), field="default_model")
    return try_endpoint(config)


def _note(row: Endpoint, trial: Trial) -> None:
    row.last_tested_at = timezone.now()
    row.last_failure = trial.failure
    if trial.failure:
        row.last_failed_at = row.last_tested_at


def _tell(name: str, what: str, by: User) -> None:
    logger.info("endpoint %s: %s by %s", name, what, by.id)
    transaction.on_commit(_changed)


def _changed() -> None:
    forget_rows()
    endpoints_changed.send(sender=Endpoint)
