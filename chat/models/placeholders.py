"""What of a conversation stands masked in what providers are sent."""

from __future__ import annotations

import json
import logging
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy

from chat.guards.placeholders import Placeholders
from convoscope.encryption import Undecryptable, decrypt, encrypt

logger = logging.getLogger(__name__)

_FIELD = "chat.ConversationPlaceholders.sealed"


class ConversationPlaceholders(models.Model):
    """The values of one conversation by their placeholders, encrypted. `revision` grows with every change, so that no
    placeholder is given to two values."""

    conversation = models.OneToOneField(
        "Conversation", on_delete=models.CASCADE, primary_key=True, related_name="placeholders"
    )
    sealed = models.TextField(blank=True, editable=False)
    revision = models.PositiveIntegerField(default=0)

    objects: ClassVar[models.Manager[ConversationPlaceholders]] = models.Manager()

    class Meta:
        verbose_name = gettext_lazy("placeholders of a conversation")
        verbose_name_plural = gettext_lazy("placeholders of conversations")

    def __str__(self) -> str:
        return f"placeholders of {self.conversation_id}"

    def opened(self) -> Placeholders:
        """None where they were stored under another secret: what was said is kept unmasked, so new ones do as well."""
        if not self.sealed:
            return Placeholders()
        try:
            return Placeholders(json.loads(decrypt(self.sealed, field=_FIELD)))
        except Undecryptable:
            logger.warning("the placeholders of %s were stored under another secret", self.conversation_id)
            return Placeholders()


def sealed(placeholders: Placeholders) -> str:
    return encrypt(json.dumps(placeholders.as_json()), field=_FIELD)
