"""The admin's first page: who sees which figures, that they are right, and that it asks no more for more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.actions.people import give_role
from accounts.admin.large_tables.moments import least_uuid7
from accounts.models import Role, User
from chat.actions.flags import flag_message
from chat.admin.waiting import WAITING, Waiting
from chat.models import Flag
from providers.actions.roll_up import roll_up_usage
from providers.models import Attempt
from tests.support.answers import make_plain
from tests.support.entrance import text_of
from tests.support.ledger import line, write
from tests.support.turns import make_turn

ClientOf = Callable[[User], Client]
TODAY = datetime.now(UTC).date()


@pytest.fixture
def admin(db: None, client_of: ClientOf) -> Client:
    return client_of(User.objects.create_superuser(email="root@example.org", password="four unrelated words"))


def day(number: int) -> datetime:
    return datetime.now(UTC) - timedelta(days=number)


def make_fallback(number: int, at: datetime) -> None:
    made = {"endpoint": "openai", "model": "gpt", "reason": "fallback", "started_at": at}
    Attempt.objects.create(request_id=f"{number:032x}", call_number=2, **made)


def test_it_says_what_was_asked_by_whom_and_how_it_went(admin: Client, alice: User, charlie: User) -> None:
    write(
        line(TODAY, user=alice, first_token_ms=400),
        line(TODAY, user=alice, first_token_ms=600),
        line(TODAY - timedelta(days=3), user=charlie, outcome="failed", cost_nanousd=0),
        line(TODAY - timedelta(days=3), user=charlie, call_number=2, source="cache", first_token_ms=9_000),
        line(TODAY, user=alice, feature="title"),
        line(TODAY - timedelta(days=40), user=charlie),
    )
    make_fallback(1, day(3))
    make_fallback(2, day(40))
    said = text_of(admin.get("/admin/?days=7"))
    assert "Messages 3 " in said
    assert "Active people 2 " in said
    assert "Error rate 20.0% 1 of 5 calls" in said
    assert "Fallback rate 20.0% 1 of 5 calls" in said
    assert "Cost $0.004 " in said
    assert "To the first word 500 ms" in said
    assert "Messages 4 " in text_of(admin.get("/admin/?days=90"))


def test_each_chart_says_in_words_and_in_a_table_what_it_shows(admin: Client, alice: User) -> None:
    write(line(TODAY, user=alice, first_token_ms=1_250), line(TODAY, user=alice, outcome="failed"))
    page = admin.get("/admin/?days=7")
    assert page.text.count('role="img" aria-label=') == page.text.count("Show as a table") == 6
    assert 'aria-label="Messages per day, ' in page.text
    assert "2 in all, most on" in page.text
    # A person who is active on two days is one person.
    assert 'aria-label="Active people per day, ' in page.text
    assert "1.25 s" in page.text
    assert text_of(page).count(TODAY.isoformat()) == 6


def test_it_says_how_much_was_flagged(admin: Client, alice: User) -> None:
    message = make_plain(alice).message
    for category in ("hate", "spam"):
        flag_message(message=message, source="guard", category=category, severity=1, details={})
    Flag.objects.create(
        id=least_uuid7(day(40)), conversation=message.conversation, source="user", category="hate", severity=2
    )
    page = admin.get("/admin/?days=7")
    assert "Flags 2 " in text_of(page)
    assert 'aria-label="Flags per day, ' in page.text


@pytest.mark.parametrize("asked", ["", "30", "31", "x", "-1", "9" * 40])
def test_what_cant_be_asked_for_is_a_month(admin: Client, asked: str) -> None:
    page = admin.get("/admin/", {"days": asked})
    assert 'days=30" aria-current="true"' in page.text


def test_an_installation_without_a_call_has_a_page_too(admin: Client) -> None:
    assert "Error rate 0% 0 of 0 calls" in text_of(admin.get("/admin/"))


def test_analysts_see_figures_and_nothing_else(alice: User, client_of: ClientOf) -> None:
    give_role(user=alice, role=Role.ANALYST)
    client = client_of(alice)
    page = client.get("/admin/")
    assert "Error rate" in text_of(page)
    assert "All tables" not in text_of(page)
    assert 'href="/reports/"' in page.text
    assert 'href="/tasks/"' not in page.text
    assert client.get("/admin/chat/message/").status_code == 403


def test_moderators_see_no_figures(alice: User, client_of: ClientOf) -> None:
    give_role(user=alice, role=Role.MODERATOR)
    User.objects.filter(id=alice.id).update(is_staff=True)
    page = client_of(User.objects.get(id=alice.id)).get("/admin/", follow=True)
    assert page.redirect_chain == [("/admin/moderation/", 302)]
    assert "Error rate" not in text_of(page)
    assert 'href="/reports/"' not in page.text


def test_what_waits_stands_at_the_top_for_whom_it_is_for(
    admin: Client, alice: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_turn(alice)
    monkeypatch.setattr(
        "chat.admin.waiting.WAITING",
        [*WAITING, lambda person: Waiting("Letters", 7, "/letters/") if person.is_superuser else None],
    )
    page = admin.get("/admin/")
    assert "Answers being written 1 Letters 7" in text_of(page)
    assert '<a href="/letters/">Letters</a>' in page.text
    give_role(user=alice, role=Role.ANALYST)
    assert "Letters" not in text_of(client_of(alice).get("/admin/"))


def test_it_asks_no_more_for_more(admin: Client, alice: User) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            admin.get("/admin/?days=90")
        return len(queries)

    def write_days(people: int) -> None:
        for number in range(people):
            person = User.objects.create_user(email=f"{people}-{number}@example.org")
            write(*(line(TODAY - timedelta(days=back), user=person) for back in range(20)))
        roll_up_usage(now=datetime.now(UTC))

    write_days(2)
    few = asked()
    write_days(10)
    assert asked() == few <= 16
