"""The beginning of a message where it stands for the whole: its words, without Markdown."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from tests.support.answers import make_plain

ClientOf = Callable[[User], Client]
SAID = (
    "## Pools\n\nHere is \\*one\\* of **two**:\n\n1. [A pool](https://example.org/)\n\n```sql\nSELECT *\n```\n"
    + "x " * 200
)


@pytest.mark.parametrize("page", ["menu", "delete"])
def test_an_excerpt_has_no_marks(alice: User, client_of: ClientOf, page: str) -> None:
    message = make_plain(alice, message_fields={"text": SAID}).message
    shown = client_of(alice).get(f"/messages/{message.id}/{page}/").text
    assert ">Pools Here is *one* of two: A pool SELECT * x x" in shown
    assert "x …</blockquote>" in shown or "x…</blockquote>" in shown
