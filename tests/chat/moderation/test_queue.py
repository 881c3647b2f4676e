"""The queue: who sees it, in which order, filtered, claimed, dismissed; in a constant number of queries."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import AuditEntry, User
from chat.actions.flags import claim_flag, flag_message, report_share
from chat.actions.shares import share_conversation
from chat.models import Conversation, Flag, Message, ModerationAction
from chat.moderation.queue import PAGE_FLAGS
from tests.chat.moderation.conftest import ClientOf, make_moderator
from tests.support.answers import TEXT, make_plain

QUEUE = "/admin/moderation/"


def flag(message: Message, category: str = "hate", severity: int = 2, **given: object) -> Flag:
    made = flag_message(message=message, source="guard", category=category, severity=severity, details={})
    Flag.objects.filter(id=made.id).update(**given)
    return made


def shown(page: str) -> list[str]:
    return re.findall(r'id="flag-([0-9a-f-]{36})" class="mod-row"', page)


def many(owner: User, count: int) -> None:
    conversation = Conversation.objects.create(owner=owner, title="Many", active_at=timezone.now())
    messages = Message.objects.bulk_create(
        Message(conversation=conversation, role="user", text="x") for _ in range(count)
    )
    Flag.objects.bulk_create(
        Flag(conversation=conversation, message=one, source="guard", category="spam", severity=1 + place % 4)
        for place, one in enumerate(messages)
    )


def test_moderators_land_on_it(moderator: User, administrator: User, client_of: ClientOf) -> None:
    assert client_of(moderator).get("/admin/")["Location"] == QUEUE
    assert client_of(administrator).get("/admin/").status_code == 200
    assert "Nothing waits for a decision." in client_of(moderator).get(QUEUE).text


def test_what_a_visitor_reported_came_by_a_link(
    alice: User, answer: Message, moderator: User, client_of: ClientOf
) -> None:
    share = share_conversation(conversation=answer.conversation, expires_at=None)
    report_share(share=share, category="privacy", note="", reporter=None)
    page = client_of(moderator).get(QUEUE).text
    assert "read by a shared link" in page
    assert str(share.id) not in page


def test_the_most_severe_come_first_then_the_oldest(
    alice: User, answer: Message, moderator: User, client_of: ClientOf
) -> None:
    other = make_plain(alice).message
    mild, old, new, worst = flag(answer), flag(other, severity=3), flag(answer, "spam", 3), flag(other, "illegal", 4)
    flag(answer, "violence", 4, status="dismissed")
    page = client_of(moderator).get(QUEUE).text
    assert shown(page) == [str(one.id) for one in (worst, old, new, mild)]
    assert "4 open flags" in page
    assert "0 minutes" not in page.replace("\xa0", " ")
    # What was said is read where each look is recorded.
    assert TEXT not in page
    assert answer.conversation.title not in page


@pytest.mark.parametrize(
    ("query", "count"),
    [("category=spam", 1), ("source=user", 0), ("source=guard", 2), ("category=nothing", 2), ("after=x&severity=y", 2)],
)
def test_it_is_filtered(answer: Message, moderator: User, client_of: ClientOf, query: str, count: int) -> None:
    flag(answer)
    flag(answer, "spam")
    assert len(shown(client_of(moderator).get(f"{QUEUE}?{query}").text)) == count


def test_it_is_read_page_by_page_each_flag_once(
    alice: User, moderator: User, client_of: ClientOf, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    many(alice, 2 * PAGE_FLAGS + 7)
    client, seen, address = client_of(moderator), list[str](), "?category=spam"
    while address:
        with django_assert_max_num_queries(12):
            page = client.get(QUEUE + address).text
        seen += shown(page)
        found = re.search(r'<p class="mod-pages"><a href="(\?[^"]+)"', page)
        address = found[1].replace("&amp;", "&") if found else ""
    assert len(seen) == len(set(seen)) == 2 * PAGE_FLAGS + 7
    severities = [Flag.objects.get(id=one).severity for one in seen]
    assert severities == sorted(severities, reverse=True)


def test_a_flag_is_claimed_for_a_while(answer: Message, moderator: User, client_of: ClientOf) -> None:
    one, other = flag(answer), make_moderator("otto")
    mine, his = client_of(moderator), client_of(other)
    assert mine.post(f"{QUEUE}flags/{one.id}/claim/").status_code == 302
    assert "Yours until" in mine.get(QUEUE).text
    assert "mora@example.org until" in his.get(QUEUE).text
    refused = his.post(f"{QUEUE}flags/{one.id}/claim/")
    assert refused.status_code == 403
    assert "mora@example.org works on this until" in refused.text
    act = {"kind": "mark_reviewed", "reason": "Nothing to it."}
    assert his.post(f"{QUEUE}conversations/{answer.conversation_id}/act/", act).status_code == 403
    Flag.objects.update(claimed_at=timezone.now() - timedelta(minutes=31))
    assert his.post(f"{QUEUE}flags/{one.id}/claim/").status_code == 302
    assert his.post(f"{QUEUE}flags/{one.id}/unclaim/").status_code == 302
    one.refresh_from_db()
    assert one.claimed_by is None
    assert AuditEntry.objects.filter(action__in=("flag.claimed", "flag.unclaimed")).count() == 3


def test_several_are_dismissed_with_one_reason(
    alice: User, charlie: User, answer: Message, moderator: User, client_of: ClientOf
) -> None:
    chosen = [flag(answer), flag(answer, "spam"), flag(make_plain(charlie).message)]
    left = flag(answer, "violence")
    form = {"flags": [str(one.id) for one in chosen], "reason": "A play."}
    page = client_of(moderator).post(f"{QUEUE}dismiss/?category=hate", form, follow=True)
    assert "3 flags were dismissed." in page.text
    assert page.redirect_chain[0][0] == f"{QUEUE}?category=hate"
    assert list(Flag.objects.open()) == [left]
    # One decision for each conversation, and each of its owner.
    actions = ModerationAction.objects.filter(kind="dismiss", reason="A play.", by=moderator)
    assert {action.person for action in actions} == {alice, charlie}
    assert AuditEntry.objects.filter(action="moderation.dismiss").count() == 2


def test_without_a_reason_none_is_and_what_was_chosen_stays(
    answer: Message, moderator: User, client_of: ClientOf
) -> None:
    one = flag(answer)
    page = client_of(moderator).post(f"{QUEUE}dismiss/", {"flags": [str(one.id)], "reason": " "})
    assert page.status_code == 422
    assert re.search(rf'value="{one.id}"[^>]* checked', page.text)
    assert client_of(moderator).post(f"{QUEUE}dismiss/", {"flags": ["x"], "reason": "y"}).status_code == 422
    assert Flag.objects.open().count() == 1


def test_of_what_another_works_on_none_is(answer: Message, moderator: User, client_of: ClientOf) -> None:
    one, held = flag(answer), flag(answer, "spam")
    claim_flag(flag=held, by=make_moderator("otto"))
    form = {"flags": [str(one.id), str(held.id)], "reason": "A play."}
    refused: Client = client_of(moderator)
    page = refused.post(f"{QUEUE}dismiss/", form)
    assert page.status_code == 403
    assert "A play." in page.text
    assert Flag.objects.open().count() == 2


def test_a_flag_about_oneself_is_for_others(moderator: User, client_of: ClientOf) -> None:
    own = flag(make_plain(moderator).message)
    client = client_of(moderator)
    assert client.post(f"{QUEUE}flags/{own.id}/claim/").status_code == 403
    assert client.post(f"{QUEUE}dismiss/", {"flags": [str(own.id)], "reason": "x"}).status_code == 403
    assert Flag.objects.open().count() == 1
