"""What the environment says of policies is written down at the start, once for each change."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from pytest_django import Settings

from accounts.actions.audit import delete_old_entries
from accounts.actions.policies import record_policies
from accounts.models import AuditEntry
from tests.support.place import Place
from tests.support.process import ServerProcess

AT_ONCE = 4


def changes() -> list[dict[str, object]]:
    entries = AuditEntry.objects.filter(action="policies.changed").order_by("number")
    return [entry.details["changed"] for entry in entries]


async def test_a_start_writes_down_what_changed(place: Place) -> None:
    counts = []
    for roles in ("administrator", "administrator", "user"):
        server = ServerProcess(place)
        server.environment["MFA_REQUIRED_ROLES"] = roles
        await server.start()
        server.stop()
        counts.append(place.rows("SELECT COUNT(*) FROM accounts_auditentry WHERE action = 'policies.changed'"))
    assert counts == [[(1,)], [(1,)], [(2,)]]


@pytest.mark.django_db
def test_each_change_is_told_with_what_it_was(settings: Settings) -> None:
    assert record_policies()
    assert not record_policies()
    settings.MFA_REQUIRED_ROLES = ["moderator"]
    assert record_policies()
    settings.MFA_REQUIRED_ROLES, settings.SIGNUP_POLICY = [], "sso"
    assert record_policies()
    assert changes()[1:] == [
        {"MFA_REQUIRED_ROLES": [[], ["moderator"]]},
        {"SIGNUP_POLICY": ["open", "sso"], "MFA_REQUIRED_ROLES": [["moderator"], []]},
    ]
    [(actor, subject)] = set(AuditEntry.objects.values_list("actor", "subject"))
    assert (actor, subject) == (None, None)


@pytest.mark.django_db
def test_after_the_entry_is_gone_they_are_told_again(settings: Settings) -> None:
    assert record_policies()
    settings.AUDIT_RETENTION_DAYS = 0
    delete_old_entries()
    assert record_policies()


@pytest.mark.django_db(transaction=True)
def test_of_several_that_start_at_once_one_tells_it() -> None:
    start = threading.Barrier(AT_ONCE)

    def call(_number: int) -> bool:
        start.wait()
        try:
            return record_policies()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as threads:
        assert sorted(threads.map(call, range(AT_ONCE))) == [False, False, False, True]
    assert len(changes()) == 1
