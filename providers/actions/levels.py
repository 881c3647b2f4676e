"""What administrators decide about the site's level of service."""

from __future__ import annotations

import logging

from django.db import transaction

from accounts.models import User
from providers.configured import endpoints_changed
from providers.models import LevelPin

logger = logging.getLogger(__name__)


def pin_level(*, level: str, offline_text: str, reason: str, by: User) -> LevelPin:
    """Keep the site at a level, or with a blank one let it follow its providers again. Never changes the decisions
    before it."""
    pin = LevelPin.objects.create(level=level, offline_text=offline_text, reason=reason, by=by)
    logger.warning("level of service: %s by %s", f"pinned to {level}" if level else "automatic", by.id)
    # Gateways of this process follow at once, those of others with their next look.
    transaction.on_commit(lambda: endpoints_changed.send(sender=LevelPin))
    return pin
