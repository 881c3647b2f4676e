"""A breach's clock, its reminders, and its record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AuditEntry, Breach, User
from accounts.privacy.page import alerts
from accounts.tasks import remind_of_breaches
from tests.support.entrance import text_of

ClientOf = Callable[[User], Client]


def breach(**fields: object) -> Breach:
    return Breach.objects.create(title="A lost laptop", happened="It was left on a train", **fields)


@pytest.mark.parametrize(("hours", "mails"), [(23, 0), (25, 1), (49, 1), (67, 1), (200, 1)])
def test_reminders(root: User, alice: User, settings: Settings, hours: int, mails: int) -> None:
    settings.SENDS_MAIL = True
    breach(known_at=timezone.now() - timedelta(hours=hours))
    for _again in range(2):
        remind_of_breaches()
    assert [one.to for one in mail.outbox] == [["root@example.org"]] * mails


def test_three_of_them_to_every_administrator(root: User, settings: Settings) -> None:
    settings.SENDS_MAIL = True
    User.objects.create_superuser(email="second@example.org", password="x" * 20)
    one = breach()
    for hour in range(0, 80, 6):
        Breach.objects.update(known_at=timezone.now() - timedelta(hours=hour))
        remind_of_breaches()
    assert len(mail.outbox) == 6
    assert [m.subject.partition(":")[2] for m in mail.outbox[::2]] == [
        " 24 hours have gone by",
        " 48 hours have gone by",
        " 66 hours have gone by",
    ]
    assert f"/admin/accounts/breach/{one.pk}/change/" in mail.outbox[0].body


def test_settled_it_is_silent(root: User, settings: Settings) -> None:
    settings.SENDS_MAIL = True
    breach(known_at=timezone.now() - timedelta(hours=30), settled_at=timezone.now())
    assert remind_of_breaches() == {"reminded": 0}
    assert alerts() == []


def test_the_record(root: User, client_of: ClientOf) -> None:
    admin = client_of(root)
    known = timezone.now() - timedelta(hours=10)
    form = {
        "title": "A lost laptop",
        "happened": "It was left on a train",
        "known_at_0": f"{known:%Y-%m-%d}",
        "known_at_1": f"{known:%H:%M:%S}",
    }
    assert admin.post("/admin/accounts/breach/add/", form).status_code == 302
    assert "61 hours" in text_of(admin.get("/admin/accounts/breach/"))
    assert AuditEntry.objects.filter(action="admin.breach.added").exists()
    assert [(one.kind, one.count) for one in alerts()] == [("breaches", 1)]
    one = Breach.objects.get()
    assert admin.post(f"/admin/accounts/breach/{one.pk}/delete/", {"post": "yes"}).status_code == 403
