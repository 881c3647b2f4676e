"""Sets what a resolved conversation is worth."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts.models import User
from convoscope.errors import ValidationFailed
from providers.models import Worth


def set_worth(
    *,
    value_nanousd: int | None = None,
    minutes_saved: int | None = None,
    hourly_rate_nanousd: int | None = None,
    by: User,
) -> Worth:
    """Hold a resolved conversation to be worth an amount, or so many minutes at an hourly rate, from now on.

    Raises: ValidationFailed unless it is one of the two, whole.
    """
    has_time = minutes_saved is not None and hourly_rate_nanousd is not None
    is_half_time = (minutes_saved is None) != (hourly_rate_nanousd is None)
    if is_half_time:
        raise ValidationFailed(_("Minutes saved need an hourly rate, and the rate needs minutes."), field="hourly_rate")
    if (value_nanousd is not None) == has_time:
        raise ValidationFailed(
            _("Enter the value of a resolved conversation, or the minutes it saves and an hourly rate."), field="value"
        )
    return Worth.objects.create(
        value_nanousd=value_nanousd, minutes_saved=minutes_saved, hourly_rate_nanousd=hourly_rate_nanousd, set_by=by
    )
