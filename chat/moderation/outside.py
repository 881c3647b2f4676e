"""What a moderation model has against a message, where the site asks one."""

from __future__ import annotations

from django.conf import settings

from chat.actions.flags import SEVERITIES
from chat.guards.pii import find_pii
from chat.guards.policies import policy_for
from chat.guards.redaction import redact
from chat.models import Flag, Message
from chat.models.moderation import Category, Severity
from chat.moderation.concerns import Concern
from providers.moderation import judged

# By what stands before the stroke in OpenAI's names, such as `harassment/threatening`.
CATEGORIES = {
    "harassment": Category.HARASSMENT,
    "hate": Category.HATE,
    "self-harm": Category.SELF_HARM,
    "sexual": Category.SEXUAL,
    "violence": Category.VIOLENCE,
    "illicit": Category.ILLEGAL,
}
# What is worse than its kind
WORSE = {"sexual/minors": Category.ILLEGAL}


def outside_concerns(message: Message) -> list[Concern]:
    """None where the site asks nobody, or of what its owner deleted meanwhile. The text alone is sent, without files
    and without who wrote it; with masking for providers also without personal data and secrets.

    Raises: ProviderError.
    """
    text = message.text
    is_deleted = message.deleted_at is not None or message.conversation.deleted_at is not None
    if not settings.MODERATION_URL or not text or is_deleted:
        return []
    if policy_for(message.conversation.owner_id).masks_for_provider:
        text = redact(text, find_pii(text))
    found: dict[Category, list[str]] = {}
    for name in judged(text):
        category = WORSE.get(name) or CATEGORIES.get(name.partition("/")[0], Category.OTHER)
        found.setdefault(category, []).append(name)
    return [
        Concern(
            Flag.Source.MODEL,
            category,
            SEVERITIES.get(category, Severity.MEDIUM),
            {"categories": names, "model": settings.MODERATION_MODEL},
        )
        for category, names in found.items()
    ]
