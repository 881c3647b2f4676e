"""Lists of tables with millions of rows: page after page, by time, by id and by words, each in bounded work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from uuid_utils.compat import uuid7

from accounts.actions.audit import record
from accounts.admin.large_tables import counts, pages
from accounts.admin.large_tables.moments import least_uuid7, moment_of
from accounts.models import AuditEntry, User
from chat.models import Message
from providers.models import Attempt
from tests.support.entrance import text_of
from tests.support.rows import make_row
from tests.support.turns import make_turn

CALLS = "/admin/providers/attempt/"
MESSAGES = "/admin/chat/message/"
AUDIT = "/admin/accounts/auditentry/"
BEGUN = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def admin(db: None, client_of: Callable[[User], Client]) -> Client:
    return client_of(User.objects.create_superuser(email="root@example.org", password="four unrelated words"))


@pytest.fixture
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a few rows are many."""
    monkeypatch.setattr("accounts.admin.read_only.ReadOnlyAdmin.list_per_page", 3)
    monkeypatch.setattr(pages, "WINDOW", 4)


def make_calls(count: int, **fields: Any) -> list[Attempt]:
    """One an hour."""
    return Attempt.objects.bulk_create(
        Attempt(
            id=key_of(BEGUN + timedelta(hours=number)),
            request_id=uuid7(),
            call_number=number,
            endpoint="openai",
            model="gpt",
            started_at=BEGUN + timedelta(hours=number),
            **{"outcome": "complete"} | fields,
        )
        for number in range(count)
    )


def key_of(moment: datetime) -> Any:
    return type(uuid7())(int=least_uuid7(moment).int | uuid4().int >> 60)


def shown(page: Any) -> list[int]:
    return [row.call_number for row in page.context["cl"].result_list]


def follow(client: Client, path: str, page: Any, to: str) -> Any:
    return client.get(path + getattr(page.context["cl"].paginator, to))


@pytest.mark.usefixtures("_small_pages")
def test_pages_lead_to_the_end_and_back(admin: Client) -> None:
    make_calls(8)
    first = admin.get(CALLS)
    assert shown(first) == [7, 6, 5]
    assert "8 calls to providers" in text_of(first)
    second = follow(admin, CALLS, first, "older")
    third = follow(admin, CALLS, second, "older")
    assert (shown(second), shown(third)) == ([4, 3, 2], [1, 0])
    assert not third.context["cl"].paginator.older
    back = follow(admin, CALLS, third, "newer")
    assert shown(back) == [4, 3, 2]
    top = follow(admin, CALLS, back, "newer")
    assert shown(top) == [7, 6, 5]
    assert not top.context["cl"].paginator.newer
    assert shown(follow(admin, CALLS, third, "newest")) == [7, 6, 5]


@pytest.mark.usefixtures("_small_pages")
def test_what_a_filter_hardly_lets_through_is_found_a_few_rows_at_a_time(admin: Client) -> None:
    calls = make_calls(10)
    Attempt.objects.filter(id__in=[calls[1].id, calls[8].id]).update(outcome="failed")
    page = admin.get(CALLS, {"outcome__exact": "failed"})
    assert shown(page) == [8]
    assert "1 shown; a filter looks through 4 rows at a time." in text_of(page)
    found = []
    while page.context["cl"].paginator.older:
        page = follow(admin, CALLS, page, "older")
        found += shown(page)
    assert found == [1]
    while page.context["cl"].paginator.newer:
        page = follow(admin, CALLS, page, "newer")
        found += shown(page)
    assert found == [1, 8]


@pytest.mark.usefixtures("_small_pages")
def test_a_range_of_time_is_a_range_of_keys(admin: Client) -> None:
    make_calls(48)
    page = admin.get(CALLS, {"since": "2026-01-01T10:00:00", "until": "2026-01-01T12:30:00"})
    assert shown(page) == [12, 11, 10]
    assert "3 calls to providers" in text_of(page)
    older = follow(admin, CALLS, admin.get(CALLS, {"until": "2026-01-01T12:00:00"}), "older")
    assert shown(older) == [8, 7, 6]
    narrowed = {"since": "2026-01-01T02:00:00", "until": "2026-01-01T06:00:00", "outcome__exact": "complete"}
    assert shown(admin.get(CALLS, narrowed)) == [5, 4, 3]


@pytest.mark.parametrize(
    ("since", "until", "says"),
    [("yesterday", "", "Enter a valid date/time."), ("2026-01-02T00:00", "2026-01-01T00:00", "This comes before")],
)
def test_a_range_that_makes_no_sense_says_so_and_shows_all(admin: Client, since: str, until: str, says: str) -> None:
    make_calls(2)
    page = admin.get(CALLS, {"since": since, "until": until})
    assert shown(page) == [1, 0]
    assert says in text_of(page)


@pytest.mark.parametrize("place", ["older=x", "newer=x", "older=%00", "newer=", f"q=a&older={'9' * 30}"])
def test_a_place_that_is_none_breaks_nothing(admin: Client, place: str) -> None:
    assert admin.get(f"{CALLS}?{place}").status_code in (200, 302)


def test_a_call_is_found_by_its_own_id_and_by_its_requests(admin: Client) -> None:
    calls = make_calls(5)
    for name in (calls[2].id, calls[2].request_id):
        assert shown(admin.get(CALLS, {"q": f" {name} "})) == [2]
    assert shown(admin.get(CALLS, {"request_id": str(calls[3].request_id)})) == [3]
    assert shown(admin.get(CALLS, {"q": "gpt"})) == []


@pytest.mark.usefixtures("_small_pages")
def test_messages_are_found_by_their_words_which_are_not_shown(admin: Client, alice: User, charlie: User) -> None:
    for number in range(5):
        make_turn(alice if number % 2 else charlie, f"A heron, number {number}")
    make_turn(alice, "A stork")
    page = admin.get(MESSAGES, {"q": "heron"})
    found = [row.id for row in page.context["cl"].result_list]
    while page.context["cl"].paginator.older and len(found) < 10:
        page = follow(admin, MESSAGES, page, "older")
        found += [row.id for row in page.context["cl"].result_list]
    assert set(found) == {one.id for one in Message.objects.all() if "heron" in one.text}
    assert len(found) == 5
    assert "number" not in text_of(admin.get(MESSAGES, {"q": "stork"}))
    assert "A stork" not in text_of(admin.get(MESSAGES))


def test_who_looks_for_words_in_what_people_said_is_written_down(admin: Client, alice: User) -> None:
    """It says in whose messages they stand, without break-glass."""
    turn = make_turn(alice, "A heron")
    for query in ({}, {"q": str(turn.conversation.id)}, {"q": " "}):
        admin.get(MESSAGES, query)
    assert not AuditEntry.objects.filter(action="admin.message.searched").exists()
    admin.get(MESSAGES, {"q": "heron"})
    entry = AuditEntry.objects.get(action="admin.message.searched")
    root = User.objects.get(email="root@example.org")
    assert (entry.actor, entry.subject) == (root.pseudonym.id, None)
    assert "heron" not in str(entry.details)


def test_messages_of_a_conversation_and_words_within_a_time(admin: Client, alice: User) -> None:
    turn = make_turn(alice, "A heron")
    make_turn(alice, "Another heron")
    page = admin.get(MESSAGES, {"q": str(turn.conversation.id)})
    assert "2 messages" in text_of(page)
    long_ago = {"q": "heron", "until": "2020-01-01T00:00"}
    assert "0 messages" in text_of(admin.get(MESSAGES, long_ago))
    assert "2 messages" in text_of(admin.get(MESSAGES, {"q": "heron", "since": "2020-01-01T00:00"}))
    assert "1 message " in text_of(admin.get(MESSAGES, {"q": "another", "role__exact": "user"}))
    assert "0 messages" in text_of(admin.get(MESSAGES, {"q": "another", "role__exact": "assistant"}))


def test_the_audit_log_is_found_by_person_action_and_time(admin: Client, alice: User, charlie: User) -> None:
    first = record("team.made", by=alice)
    second = record("team.joined", by=charlie, concerns=alice)

    def found(**query: str) -> list[int]:
        return [entry.number for entry in admin.get(AUDIT, query).context["cl"].result_list]

    assert found(q="Alice@example.org") == [second.number, first.number]
    assert found(q="team.joined") == [second.number]
    assert found(q=str(first.number)) == [first.number]
    assert found(q="team") == []
    assert found(until="2020-01-01T00:00") == found(since="2099-01-01T00:00") == []
    assert found(since="2020-01-01T00:00", until="2099-01-01T00:00") == list(
        AuditEntry.objects.values_list("number", flat=True)
    )


def test_more_than_are_counted_are_estimated(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "COUNTED_UP_TO", 4)
    make_calls(4)
    assert "4 calls to providers" in text_of(admin.get(CALLS))
    make_calls(8)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    assert "about 12 calls to providers" in text_of(admin.get(CALLS))


@pytest.mark.parametrize("query", ["", "?outcome__exact=failed", "?since=2026-01-01T10:00", "?q=heron"])
def test_no_page_asks_more_for_more_rows(admin: Client, query: str) -> None:
    def asked(path: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert admin.get(path + query).status_code == 200
        assert not any("OFFSET" in one["sql"] and "LIMIT 1 OFFSET" not in one["sql"] for one in queries)
        return len(queries)

    path = MESSAGES if query == "?q=heron" else CALLS
    make_row(Message, text="A heron")
    make_calls(1)
    few = asked(path)
    for _ in range(10):
        make_row(Message, text="A heron")
    make_calls(20)
    # Of many, PostgreSQL finds enough among the newest, without a second look.
    assert asked(path) <= few


@pytest.mark.parametrize("moment", [BEGUN, datetime(1969, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)])
def test_the_least_key_of_a_moment(moment: datetime) -> None:
    assert moment_of(least_uuid7(BEGUN)) == BEGUN
    assert least_uuid7(BEGUN - timedelta(milliseconds=1)) < least_uuid7(BEGUN) <= key_of(BEGUN)
    assert least_uuid7(moment).int < 2**128
