"""What an administrator does to an endpoint: add it, save its key, test it, use it all the same, remove it."""

from __future__ import annotations

import logging

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from convoscope.encryption import Undecryptable
from convoscope.errors import FieldErrors, ValidationFailed
from providers.actions.endpoint_fields import (
    clean_base_url,
    clean_key,
    clean_label,
    clean_model,
    clean_name,
    name_taken,
)
from providers.catalog import Endpoint as KnownEndpoint
from providers.configured import endpoints_changed, first_model, forget_rows
from providers.errors import ModelNotFound, NotAnApi, ProviderError
from providers.lists import listed_models
from providers.models import Endpoint
from providers.rows import row_config
from providers.trial import Trial, try_endpoint

logger = logging.getLogger(__name__)

NAMED_MODELS = 5
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
    base_url = clean_base_url(base_url, label=known.label, is_needed=known.has_own_address)
    _take_key(row, clean_key(api_key), known=known, is_moved=base_url != row.base_url)
    row.base_url, row.default_model = base_url, clean_model(default_model)
    trial = _try(row)
    _note(row, trial)
    row.is_enabled = not trial.failure
    _store(row, by)
    _tell(row.name, "saved in use" if row.is_enabled else "saved out of use", by)
    return trial


def add_endpoint(
    *, name: str, label: str, adapter: str, api_key: str, base_url: str, default_model: str, by: User
) -> Trial:
    """Store a server that the catalog doesn't know, under a name of the administrator's own: in use if it works, out of
    use with the reason if it doesn't.

    Raises: ValidationFailed, with all the fields that are wrong, or one: for a name that is taken, for an address where
    there is no API, and for a model that it doesn't have. Nothing is stored then.
    """
    row = Endpoint(is_custom=True, adapter=adapter, label=name.strip())
    errors = FieldErrors()
    with errors.gathered():
        row.name = clean_name(name)
    with errors.gathered():
        row.label = clean_label(label, name=name)
    with errors.gathered():
        if adapter not in Endpoint.Adapter.values:
            raise ValidationFailed(_("Choose the protocol it speaks."), field="adapter")
    with errors.gathered():
        row.base_url = clean_base_url(base_url, label=row.label, is_needed=True)
    with errors.gathered():
        row.keep_key(clean_key(api_key))
    with errors.gathered():
        row.default_model = clean_model(default_model)
        if not row.default_model:
            # Only what can be right is asked for its models.
            raise ValidationFailed(_name_one() if errors.found else _offer(row), field="default_model")
    errors.raise_found()
    trial = _try(row)
    if isinstance(trial.error, NotAnApi | ModelNotFound):
        field = "base_url" if isinstance(trial.error, NotAnApi) else "default_model"
        raise ValidationFailed(trial.failure, field=field)
    _note(row, trial)
    row.is_enabled = not trial.failure
    row.created_by = by
    if not _insert(row):
        raise ValidationFailed(name_taken(row.name), field="name")
    _tell(row.name, "added in use" if row.is_enabled else "added out of use", by)
    return trial


def _name_one() -> str:
    return _("Please name a model, as the server writes it.")


def _offer(row: Endpoint) -> str:
    """What to say to who named no model: those that the server says it has."""
    try:
        found = listed_models(row_config(row))
    except ProviderError:
        return _name_one()
    shown = ", ".join(found[:NAMED_MODELS])
    if not found:
        return _("Please name a model, as the server writes it. It lists none itself.")
    if len(found) > NAMED_MODELS:
        return _("Please name a model. It has %(count)d, such as %(models)s.") % {"count": len(found), "models": shown}
    return _("Please name a model. It has %(models)s.") % {"models": shown}


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
    transaction.on_commit(rows_changed)


def rows_changed() -> None:
    """Put what was committed in force: in this process at once."""
    forget_rows()
    endpoints_changed.send(sender=Endpoint)
