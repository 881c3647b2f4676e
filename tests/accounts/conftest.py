"""Installations: one with a mail server, one in production."""

from __future__ import annotations

import pytest
from pytest_django import Settings

OWNER = "owner@example.org"


@pytest.fixture
def mail(settings: Settings) -> None:
    """As EMAIL_URL sets it; Django's test runner keeps the mails in `django.core.mail.outbox`."""
    settings.SENDS_MAIL = True
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    settings.ACCOUNT_EMAIL_NOTIFICATIONS = True


@pytest.fixture
def production(settings: Settings) -> None:
    settings.IS_PRODUCTION = True
    settings.SIGNUP_POLICY = "invitation"
    settings.ADMIN_EMAIL = OWNER
