"""What the entries of menus have in common: one that asks for more before it acts ends in “…”."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils.html import strip_tags

from accounts.models import User
from tests.support.turns import make_turn

ClientOf = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
# It only shows something.
ASKS_NOTHING = {"Keyboard shortcuts"}
ENTRY = re.compile(r'<a [^>]*hx-get="[^"]*"[^>]*hx-target="[^"]*"[^>]*>(.*?)</a>', re.DOTALL)


@pytest.mark.parametrize(
    ("menu", "begins"),
    [
        ("/conversations/{conversation}/menu/", {"Rename…", "Move to folder…", "Tags…", "Health data…"}),
        ("/messages/{question}/menu/", {"Edit…", "Answer with another model…", "Delete from here…"}),
        ("/messages/{answer}/menu/", {"Share up to here…", "Report…", "Delete from here…"}),
    ],
)
def test_an_entry_that_asks_for_more_says_so(alice: User, client_of: ClientOf, menu: str, begins: set[str]) -> None:
    turn = make_turn(alice)
    ids = {"conversation": turn.conversation.id, "question": turn.question.id, "answer": turn.answer.id}
    entries = {
        strip_tags(one).strip() for one in ENTRY.findall(client_of(alice).get(menu.format(**ids), headers=HTMX).text)
    }
    assert begins <= entries
    assert [one for one in entries if not one.endswith("…")] == []


def test_the_menus_of_a_page_say_so(alice: User, client_of: ClientOf) -> None:
    page = client_of(alice).get(f"/conversations/{make_turn(alice).conversation.id}/").text
    menus = re.findall(
        r'<div id="(?:conversation|account)-menu" class="menu".*?(?=<div id="message-menu"|</nav>|</aside>)',
        page,
        re.DOTALL,
    )
    entries = {strip_tags(one).strip() for menu in menus for one in ENTRY.findall(menu)}
    assert {"Rename…", "Model and settings…", "Share…", "Export…"} <= entries
    assert {one for one in entries if not one.endswith("…")} == ASKS_NOTHING
