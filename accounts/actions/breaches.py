"""Reminds administrators of breaches of personal data whose clock runs."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import ngettext

from accounts.actions.privacy_mail import send_to_administrators
from accounts.models import Breach

REMINDED_AT_H = (24, 48, 66)


def remind_of_breaches() -> int:
    """One mail at each of these hours to each administrator. Returns how many breaches they were reminded of."""
    reminded = 0
    for breach in Breach.objects.open().filter(reminded_h__lt=REMINDED_AT_H[-1]):
        known_for = timezone.now() - breach.known_at
        hour = max((hour for hour in REMINDED_AT_H if known_for >= timedelta(hours=hour)), default=0)
        before = breach.reminded_h
        # Claimed first: of two at once only one sends it.
        if hour > before and Breach.objects.filter(id=breach.id, reminded_h=before).update(reminded_h=hour):
            words = ngettext(
                "Breach of personal data: %(hours)d hour has gone by",
                "Breach of personal data: %(hours)d hours have gone by",
                hour,
            )
            subject = words % {"hours": hour}
            send_to_administrators(subject, "accounts/email/breach.txt", {"breach": breach})
            reminded += 1
    return reminded
