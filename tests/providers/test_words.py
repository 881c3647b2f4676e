"""What calls were for has one name, wherever it is read."""

from __future__ import annotations

from datetime import UTC
from typing import get_args

import pytest
from django.utils import timezone

from accounts.models import User
from providers.actions.ledger import write_lines
from providers.contract import Feature, Payer
from providers.reports.breakdown import break_down
from providers.reports.period import Period
from providers.reports.totals import Usage
from providers.usage import usage_of_month
from tests.support.spending import line


@pytest.mark.django_db
@pytest.mark.parametrize("feature", get_args(Feature))
def test_a_report_and_a_persons_own_usage_name_it_alike(alice: User, feature: Feature) -> None:
    write_lines([line(Payer(alice.id), feature=feature)])
    today = timezone.now().astimezone(UTC).date()
    [row] = break_down(Usage(Period(today, today)), "feature")
    [day] = usage_of_month(alice.id).days
    assert row.label == day.feature != feature
