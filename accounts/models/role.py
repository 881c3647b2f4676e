"""The four roles, which are Django groups of these names."""

from __future__ import annotations

from django.db import models


class Role(models.TextChoices):
    USER = "user"
    MODERATOR = "moderator"
    ANALYST = "analyst"
    ADMINISTRATOR = "administrator"
