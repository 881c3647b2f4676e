"""What a person does with provider keys of their own: bring one along, take it away."""

from __future__ import annotations

import logging
from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.limits import take_request
from accounts.models import User
from convoscope.errors import ValidationFailed
from providers.actions.endpoint_fields import clean_key
from providers.catalog import Endpoint as KnownEndpoint
from providers.models import PersonalEndpoint
from providers.personal import forget_keys, own_key_places, personal_config
from providers.trial import Trial, try_endpoint

logger = logging.getLogger(__name__)


def save_own_key(*, known: KnownEndpoint, api_key: str, owner: User) -> Trial:
    """Try the key and keep it for this person's own answers; one that doesn't work is not kept.

    Raises: ValidationFailed, in words for the person; LimitReached before the key is tried, since every test counts
    among their requests, whatever it shows.
    """
    if not settings.OWN_KEYS_ALLOWED or known.name not in {place.name for place in own_key_places()}:
        raise ValidationFailed(_("Keys of one's own are not allowed here."), field="api_key")
    key = clean_key(api_key)
    if not key:
        raise ValidationFailed(_("Please paste a key."), field="api_key")
    row = PersonalEndpoint(owner=owner, name=known.name)
    row.keep_key(key)
    take_request(owner)
    trial = try_endpoint(personal_config(row, known), owner=owner)
    if trial.failure:
        raise ValidationFailed(_("The key is not kept: %(failure)s") % {"failure": trial.failure}, field="api_key")
    PersonalEndpoint.objects.update_or_create(
        owner=owner,
        name=known.name,
        defaults={
            "api_key_encrypted": row.api_key_encrypted,
            "key_hint": row.key_hint,
            "last_tested_at": timezone.now(),
        },
    )
    _tell(known.name, "kept", owner)
    return trial


def remove_own_key(*, endpoint: PersonalEndpoint) -> None:
    """Forget the key. Answers that are being written with it go on to their end."""
    endpoint.delete()
    _tell(endpoint.name, "removed", endpoint.owner)


def _tell(name: str, what: str, owner: User) -> None:
    logger.info("own key for %s: %s by %s", name, what, owner.id)
    transaction.on_commit(partial(forget_keys, owner.id))
