"""Whether the log shows what was done to it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import StringIO
from typing import Any

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from pytest_django import Settings

from accounts.actions.audit import delete_old_entries, record
from accounts.audit.chain import Break, breaks
from accounts.models import AuditEntry, AuditHead, AuditOrigin, Pseudonym, User
from accounts.models.audit import NotAppended
from accounts.origin import Origin, current_origin
from tests.chat.lifecycle.conftest import ago

pytestmark = pytest.mark.security

CHANGED = "changed, or the one before it was"
ENDS_CHANGED = "the row that names the log's ends was changed, or their secret is gone"


def write(count: int, by: User | None = None) -> None:
    for number in range(count):
        record("thing.done", by=by, reason=f"reason {number}", details={"number": number, "list": [1.5, None]})


def sql(statement: str, *values: str | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_untouched_it_holds(alice: User) -> None:
    write(5, by=alice)
    assert list(breaks()) == []
    said = StringIO()
    call_command("verify_audit", stdout=said)
    assert said.getvalue() == "The audit log holds: 5 entries.\n"


def test_an_empty_one_holds(db: None) -> None:
    assert list(breaks()) == []


def change(column: str, value: str | None) -> Callable[[], None]:
    return lambda: sql(f"UPDATE accounts_auditentry SET {column} = %s WHERE number = 3", value)  # noqa: S608  # columns of the table below


def remove(condition: str) -> Callable[[], None]:
    return lambda: sql(f"DELETE FROM accounts_auditentry WHERE {condition}")  # noqa: S608  # of the table below


def rewrite_the_end() -> None:
    """The newest are removed, and the row that says so is made to fit."""
    sql("DELETE FROM accounts_auditentry WHERE number > 3")
    sql("UPDATE accounts_audithead SET last_number = 3, last_hash = e.hash FROM accounts_auditentry e WHERE number = 3")


def rewrite_the_beginning() -> None:
    """As if they had been kept long enough."""
    ends = "deleted_number = 2, deleted_hash = e.hash"
    sql(f"UPDATE accounts_audithead SET {ends} FROM accounts_auditentry e WHERE number = 2")  # noqa: S608  # the line above
    sql("DELETE FROM accounts_auditentry WHERE number < 3")


def put_one_in() -> None:
    row = AuditEntry.objects.get(number=5)
    row.number, row._state.adding = 6, True
    row.save(force_insert=True)


@pytest.mark.parametrize(
    ("deed", "found"),
    [
        (change("reason", "another"), [Break(3, CHANGED)]),
        (change("action", "thing.undone"), [Break(3, CHANGED)]),
        (change("details", '{"number": 3}'), [Break(3, CHANGED)]),
        (change("object_id", "7"), [Break(3, CHANGED)]),
        (change("actor", None), [Break(3, CHANGED)]),
        (change("hash", "0" * 64), [Break(3, CHANGED), Break(4, CHANGED)]),
        (change("key_id", "f" * 16), [Break(3, "written with a secret that this site no longer has")]),
        (remove("number = 3"), [Break(3, "entries up to 3 are missing")]),
        (remove("number < 3"), [Break(1, "entries up to 2 are missing")]),
        (remove("number > 3"), [Break(4, "entries up to 5 are missing, or more were put in")]),
        (remove("number > 0"), [Break(1, "entries up to 5 are missing, or more were put in")]),
        (rewrite_the_end, [Break(3, ENDS_CHANGED)]),
        (rewrite_the_beginning, [Break(5, ENDS_CHANGED)]),
        (put_one_in, [Break(6, CHANGED), Break(7, "entries up to 5 are missing, or more were put in")]),
    ],
)
def test_what_was_done_to_it_shows(alice: User, deed: Callable[[], None], found: list[Break]) -> None:
    write(5, by=alice)
    deed()
    assert list(breaks()) == found
    said = StringIO()
    with pytest.raises(CommandError, match="does not hold"):
        call_command("verify_audit", stderr=said)
    assert said.getvalue().splitlines() == [f"entry {one.number}: {one.fault}" for one in found]


def test_what_is_written_while_it_is_checked_is_no_break(alice: User, settings: Settings) -> None:
    write(4, by=alice)
    settings.AUDIT_RETENTION_DAYS = 1
    AuditEntry.objects.filter(number=1).update(at=ago(days=2))
    between: list[Callable[[], object]] = [partial(write, 1), delete_old_entries]

    def meanwhile(execute: Any, statement: str, *given: Any) -> Any:
        is_of_entries = statement.startswith(("SELECT", "DECLARE")) and 'FROM "accounts_auditentry"' in statement
        while is_of_entries and between:
            between.pop(0)()
        return execute(statement, *given)

    with connection.execute_wrapper(meanwhile):
        assert list(breaks()) == []
    assert not between


@pytest.mark.parametrize("deed", [rewrite_the_end, rewrite_the_beginning])
def test_what_was_done_to_its_ends_shows_for_good(alice: User, settings: Settings, deed: Callable[[], None]) -> None:
    write(5, by=alice)
    deed()
    write(1)
    settings.AUDIT_RETENTION_DAYS = 0
    delete_old_entries()
    write(1)
    assert [one.fault for one in breaks()] == [ENDS_CHANGED]


def test_models_only_add(db: None) -> None:
    entry = record("thing.done", by=None)
    with pytest.raises(NotAppended):
        entry.save()
    with pytest.raises(NotAppended):
        entry.delete()


def test_a_new_secret_goes_on_with_the_chain(alice: User, settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = ["the first of two secrets, long enough"]
    write(2)
    settings.FIELD_ENCRYPTION_KEYS = ["the second of two secrets, long enough", "the first of two secrets, long enough"]
    write(2)
    assert list(breaks()) == []
    settings.FIELD_ENCRYPTION_KEYS = ["the second of two secrets, long enough"]
    assert [one.number for one in breaks()] == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_those_who_write_at_once_wait_for_each_other(alice: User) -> None:
    def write_some(_number: int) -> None:
        try:
            write(5, by=alice)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write_some, range(4)))
    assert (AuditEntry.objects.count(), list(breaks())) == (20, [])


def test_an_erased_person_is_named_no_more_and_the_chain_holds(alice: User, charlie: User) -> None:
    token = current_origin.set(Origin("192.0.2.7", "a browser"))
    try:
        record("thing.done", by=alice, concerns=charlie)
        record("thing.done", by=charlie)
    finally:
        current_origin.reset(token)
    alices = alice.pseudonym.id
    alice.delete()
    assert [one.actor for one in AuditEntry.objects.order_by("number")] == [alices, charlie.pseudonym.id]
    assert [one.entry_id for one in AuditOrigin.objects.all()] == [2]
    assert not Pseudonym.objects.filter(id=alices).exists()
    assert list(breaks()) == []


def test_old_entries_go_and_the_rest_holds(alice: User, settings: Settings) -> None:
    settings.AUDIT_RETENTION_DAYS = 10
    write(6, by=alice)
    AuditEntry.objects.filter(number__in=(1, 2, 4)).update(at=ago(days=11))
    assert delete_old_entries() == 2
    assert list(AuditEntry.objects.order_by("number").values_list("number", flat=True)) == [3, 4, 5, 6]
    # The changed time itself shows.
    assert list(breaks()) == [Break(4, CHANGED)]
    assert delete_old_entries() == 0
    AuditEntry.objects.update(at=ago(days=11))
    assert delete_old_entries() == 4
    assert list(breaks()) == []
    write(1)
    assert list(breaks()) == []
    assert AuditHead.objects.get().deleted_number == 6


def test_where_strangers_came_from_is_forgotten_before(alice: User) -> None:
    token = current_origin.set(Origin("192.0.2.7", "a browser"))
    try:
        for by in (alice, None, None):
            record("thing.done", by=by)
    finally:
        current_origin.reset(token)
    AuditEntry.objects.exclude(number=3).update(at=ago(days=91))
    delete_old_entries()
    assert list(AuditOrigin.objects.order_by("entry_id").values_list("entry_id", flat=True)) == [1, 3]


def test_export(alice: User) -> None:
    record("thing.done", by=alice, on=alice, reason="Because.", details={"number": 1})
    said = StringIO()
    call_command("export_audit", stdout=said)
    (line,) = said.getvalue().splitlines()
    told = orjson.loads(line)
    assert (told["number"], told["action"], told["reason"]) == (1, "thing.done", "Because.")
    assert (told["actor"], told["object_type"]) == (str(alice.pseudonym.id), "accounts.user")
    assert len(told["hash"]) == 64
