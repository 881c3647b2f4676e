"""What is known of the named things of a conversation."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy, pgettext_lazy

from convoscope.encrypted_fields import EncryptedJSONField


class ConversationEntities(models.Model):
    """The named things of one conversation. `graph` is a `chat.entities.graph.Graph` as JSON; what of it the person
    didn't add or change was found in the messages up to `leaf`, and holds while that is on the path. `has_own_topics`
    says that the conversation's topics are the person's. `revision` grows with every change, so that none is made to
    another than was read.
    """

    class Type(models.TextChoices):
        # Somebody who is spoken of; elsewhere it is somebody who has an account.
        PERSON = "person", pgettext_lazy("type of entity", "Person")
        ORGANISATION = "organisation", gettext_lazy("Organisation")
        PRODUCT = "product", gettext_lazy("Product")
        PLACE = "place", gettext_lazy("Place")
        DATE = "date", gettext_lazy("Date")

    conversation = models.OneToOneField(
        "Conversation", on_delete=models.CASCADE, primary_key=True, related_name="entities"
    )
    graph = EncryptedJSONField(default=dict)
    leaf = models.ForeignKey("Message", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    has_own_topics = models.BooleanField(default=False)
    revision = models.PositiveIntegerField(default=0)

    objects: ClassVar[models.Manager[ConversationEntities]] = models.Manager()

    class Meta:
        verbose_name = gettext_lazy("entities of a conversation")
        verbose_name_plural = gettext_lazy("entities of conversations")

    def __str__(self) -> str:
        return f"entities of {self.conversation_id}"
