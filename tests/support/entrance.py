"""Signing up and in as a visitor does, through the pages."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from django.core import mail
from django.test import Client

PASSWORD = "four unrelated words"


def sign_up(email: str, password: str = PASSWORD, *, client: Client | None = None, **fields: str) -> Any:
    return (client or Client()).post("/accounts/signup/", {"email": email, "password1": password} | fields)


def sign_in(email: str, password: str = PASSWORD, *, client: Client | None = None, **fields: str) -> Any:
    return (client or Client()).post("/accounts/login/", {"login": email, "password": password} | fields)


def text_of(response: Any) -> str:
    """What the page says, without its markup."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", response.content.decode())))


def link_in_mail(number: int = -1) -> str:
    """The path of the first link in a mail that is on its own line."""
    found = re.search(r"^https?://[^/\s]+(/\S+)$", str(mail.outbox[number].body), re.M)
    assert found is not None, mail.outbox[number].body
    return found[1]
