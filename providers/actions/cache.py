"""What an administrator does to the response cache: change its settings, empty it."""

from __future__ import annotations

import logging

from django.db import transaction

from accounts.models import User
from providers.cache.forgetting import forget_all, forget_shared
from providers.models import CacheSettings

logger = logging.getLogger(__name__)


def change_cache_settings(*, is_exact_enabled: bool, is_semantic_enabled: bool, shared_scope: str, by: User) -> None:
    """With another `shared_scope` the answers that were shared so far are removed: who asked those questions did so
    under the old one, and nobody who could not see them then is given them later."""
    with transaction.atomic():
        before = CacheSettings.objects.select_for_update().current()
        is_new_scope = before.shared_scope != shared_scope
        CacheSettings.objects.update_or_create(
            id=before.id,
            defaults={
                "is_exact_enabled": is_exact_enabled,
                "is_semantic_enabled": is_semantic_enabled,
                "shared_scope": shared_scope,
                "updated_by": by,
            },
        )
    removed = forget_shared() if is_new_scope else 0
    logger.info(
        "response cache: exact %s, semantic %s, shared with %s, %d removed, by %s",
        *("on" if is_on else "off" for is_on in (is_exact_enabled, is_semantic_enabled)),
        shared_scope,
        removed,
        by.id,
    )


def empty_cache(*, by: User) -> int:
    """Returns how many answers were removed."""
    removed = forget_all()
    logger.info("response cache: emptied, %d removed, by %s", removed, by.id)
    return removed
