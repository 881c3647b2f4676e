"""The list of conversations beside every page."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone

from accounts.models import User
from chat.models import Conversation
from chat.sidebar import PAGE_CONVERSATIONS, list_conversations
from tests.support.turns import make_turn

ClientOf = Callable[[User], Client]
UTC = ZoneInfo("UTC")


def conversation(owner: User, title: str, *, days_ago: float = 0) -> Conversation:
    active_at = timezone.now() - datetime.timedelta(days=days_ago)
    return Conversation.objects.create(owner=owner, title=title, active_at=active_at)


def headings(owner: User, zone: ZoneInfo = UTC) -> list[str]:
    return [item.heading for item in list_conversations(owner, zone=zone).items]


def next_address(html: str) -> str:
    match = re.search(r'<li class="more" hx-get="([^"]+)"', html)
    assert match is not None
    return match[1].replace("&amp;", "&")


def test_conversations_stand_under_their_days(alice: User, charlie: User) -> None:
    for days_ago in (0, 1, 2, 7, 400):
        conversation(alice, f"{days_ago} days ago", days_ago=days_ago)
    conversation(charlie, "Not hers")
    shown = list_conversations(alice, zone=UTC)
    assert [item.conversation.title for item in shown.items] == [f"{days} days ago" for days in (0, 1, 2, 7, 400)]
    long_ago = (timezone.now() - datetime.timedelta(days=400)).strftime("%B %Y")
    # Today's own heading always stands in the page.
    assert headings(alice) == ["", "Yesterday", "Previous 7 days", "", long_ago]
    assert shown.next is None


def test_days_are_the_readers_own(alice: User) -> None:
    now = timezone.now()
    # Where it is an hour past midnight, what was said two hours ago was said yesterday.
    hours_east = (25 - now.hour) % 24
    zone = ZoneInfo(f"Etc/GMT{-hours_east:+d}" if hours_east <= 14 else f"Etc/GMT{24 - hours_east:+d}")
    conversation(alice, "Two hours ago", days_ago=2 / 24)
    assert headings(alice, zone) == ["Yesterday"]


@pytest.mark.parametrize("cookie", ["Asia/Ho_Chi_Minh", "Mars/Olympus", "../../etc/passwd", "\x00", ""])
def test_time_zone_of_the_cookie_never_breaks_a_page(alice: User, client_of: ClientOf, cookie: str) -> None:
    client = client_of(alice)
    client.cookies["time_zone"] = cookie
    assert client.get("/").status_code == 200


def test_many_are_read_a_page_at_a_time(alice: User, client_of: ClientOf) -> None:
    count = 2 * PAGE_CONVERSATIONS + 7
    for number in range(count):
        conversation(alice, f"Number {number}", days_ago=number / 24)
    client = client_of(alice)
    html = client.get("/").content.decode()
    titles = re.findall(r">(Number \d+)<", html)
    assert len(titles) == PAGE_CONVERSATIONS
    while '<li class="more"' in html:
        html = client.get(next_address(html), headers={"HX-Request": "true"}).content.decode()
        titles += re.findall(r">(Number \d+)<", html)
    assert titles == [f"Number {number}" for number in range(count)]


def test_fetched_anew_the_list_goes_as_far_as_it_was_shown(alice: User, client_of: ClientOf) -> None:
    for number in range(2 * PAGE_CONVERSATIONS + 7):
        conversation(alice, f"Number {number}", days_ago=number / 24)
    client = client_of(alice)
    page = client.get(next_address(client.get("/").text), headers={"HX-Request": "true"}).text
    shown = re.search(r'<input type="hidden" name="(\w+)" value="(\d+)">', page)
    assert shown is not None
    assert f'hx-include="#sidebar-list [name={shown[1]}]"' in render_to_string("chat/_sidebar_stale.html")
    headers = {"HX-Request": "true", "HX-Target": "sidebar-lists"}
    anew = client.get("/conversations/list/", {shown[1]: shown[2]}, headers=headers).text
    assert len(re.findall(r">Number \d+<", anew)) == 2 * PAGE_CONVERSATIONS
    assert shown[0] in anew
    rest = client.get(next_address(anew), headers={"HX-Request": "true"}).text
    assert len(re.findall(r">Number \d+<", rest)) == 7
    for odd in ("0", "x", "1000000"):
        assert client.get("/conversations/list/", {"shown": odd}, headers=headers).status_code == 200


def test_a_group_goes_on_over_pages_under_one_heading(alice: User, client_of: ClientOf) -> None:
    for number in range(PAGE_CONVERSATIONS + 3):
        conversation(alice, f"Number {number}", days_ago=3)
    client = client_of(alice)
    first = client.get("/").content.decode()
    second = client.get(next_address(first), headers={"HX-Request": "true"}).content.decode()
    assert first.count("Previous 7 days</h2>") == 1
    assert "<h2>" not in second


def test_list_of_the_same_moment_skips_and_repeats_none(alice: User) -> None:
    moment = timezone.now()
    for number in range(PAGE_CONVERSATIONS + 5):
        Conversation.objects.create(owner=alice, title=f"Number {number}", active_at=moment)
    first = list_conversations(alice, zone=UTC)
    second = list_conversations(alice, zone=UTC, below=first.next)
    ids = [item.conversation.id for item in (*first.items, *second.items)]
    assert len(ids) == len(set(ids)) == PAGE_CONVERSATIONS + 5


def test_list_of_a_malformed_position_is_the_first_page(alice: User, client_of: ClientOf) -> None:
    conversation(alice, "The one")
    client = client_of(alice)
    extreme = "?moment=0001-01-01T00:00:00%2B14:00&id=01a1fc24-6375-70e4-93d2-2dccfc39eb07"
    for query in ("", "?moment=x&id=y", "?moment=2026-01-01T00:00:00Z", extreme):
        assert "The one" in client.get(f"/conversations/list/{query}", headers={"HX-Request": "true"}).content.decode()


def test_an_answer_being_written_is_marked(alice: User, client_of: ClientOf) -> None:
    turn = make_turn(alice)
    html = client_of(alice).get("/").content.decode()
    assert f'data-running="{turn.conversation.id}"' in html


def test_the_trash_is_not_listed(alice: User, client_of: ClientOf) -> None:
    thrown_away = conversation(alice, "Thrown away")
    client = client_of(alice)
    assert client.post(f"/conversations/{thrown_away.id}/trash/").status_code == 302
    assert "Thrown away" not in client.get("/").content.decode()


def test_pages_and_no_parts_of_them_name_the_rules_of_fetching_early(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    assert client.get("/")["Speculation-Rules"] == '"/static/speculation-rules.json"'
    assert "Speculation-Rules" not in client.get("/conversations/list/", headers={"HX-Request": "true"})


def test_visitors_are_sent_to_sign_in(client: Client, db: None) -> None:
    assert client.get("/conversations/list/").status_code == 302
