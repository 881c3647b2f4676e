"""What a person prefers for their conversations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from accounts.models.user import User


class Preferences(models.Model):
    """One person's choices, made when they first choose; blank or null inherits the site's. `instructions` and `facts`
    are what models are told of the person in every conversation, while `tells_models` holds. A fact is an object with
    `id`, `text` and `created_at`. `suggests_follow_ups` has messages to go on with suggested under answers; `asks_back`
    lets an ambiguous question be answered by one. `time_zone` is a name of the IANA's, blank for the browser's;
    `keep_days` is how long what was completed keeps its messages, as far as the site lets it.

    They are read with the person whom a session names: each turn and most pages ask for them.
    """

    class Typeface(models.TextChoices):
        INTERFACE = "", _("Like the interface")
        SERIF = "serif", _("With serifs")

    class SendKey(models.TextChoices):
        ENTER = "", _("Enter; Shift and Enter for a new line")
        CONTROL_ENTER = "control_enter", _("Ctrl and Enter; Enter for a new line")

    class Notifications(models.TextChoices):
        NONE = "", _("None")
        TITLE = "title", _("With the conversation's title")
        TEXT = "text", _("With its title and how the answer begins")

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="preferences"
    )
    default_model = models.CharField(max_length=200, blank=True)
    temperature = models.FloatField(null=True, blank=True)
    # How conversations remember, by a name that those who build contexts know.
    memory = models.CharField(max_length=10, blank=True)
    # Full ids, in the order in which they were chosen.
    favourite_models = models.JSONField(default=list, blank=True)

    time_zone = models.CharField(max_length=64, blank=True)
    typeface = models.CharField(max_length=10, choices=Typeface.choices, blank=True)
    send_key = models.CharField(max_length=20, choices=SendKey.choices, blank=True)
    notifications = models.CharField(max_length=10, choices=Notifications.choices, blank=True)
    keep_days = models.PositiveIntegerField(null=True, blank=True)

    instructions = models.TextField(blank=True)
    facts = models.JSONField(default=list, blank=True)
    tells_models = models.BooleanField(default=True)

    suggests_follow_ups = models.BooleanField(default=True)
    asks_back = models.BooleanField(default=True)

    class Meta:
        verbose_name = verbose_name_plural = _("preferences")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(temperature=None) | models.Q(temperature__gte=0, temperature__lte=2),
                name="preferences_temperature_in_range",
            ),
        ]

    def __str__(self) -> str:
        return f"preferences of {self.user_id}"

    @classmethod
    def of(cls, person: User) -> Preferences:
        """What the person chose; an unsaved row that inherits everything, where they chose nothing yet."""
        try:
            return person.preferences
        except cls.DoesNotExist:
            return cls(user_id=person.id)
