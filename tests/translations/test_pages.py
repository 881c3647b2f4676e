"""Every page, walked through in another language: nothing on it is left in English that could be said otherwise."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from tests.support.access import EXPECTED
from tests.support.belongings import make_belongings, make_cast
from tests.support.marking import READ_ATTRIBUTES
from tests.support.walk import ADDRESSES, Address, Site
from tests.test_access_matrix import HTMX, text_of
from tests.translations.test_catalogue import asked, entries, said

# From this length on words are looked for within a text, too: shorter ones stand in other words.
LONG_CHARS = 15
# A figure that programs read, such as a place in a drawing, is written the same in every language.
LOCALISED_FIGURE = re.compile(
    r'\s(?:[xyr]|[xy][12]|[cd][xy]|width|height|points|viewBox|min|max|step|data-\w+)="[-\d. ]*\d,\d[^"]*"'
)
WALKED = [one for one in ADDRESSES if one.key in EXPECTED and "GET" in EXPECTED[one.key].methods]
# What isn't a page: files, an answer's source, the admin, and where an address leads elsewhere.
LEFT_OUT = {"conversation_download", "export_download", "report_download", "message_text", "run_request", "admin:index"}


class Reader(HTMLParser):
    """Collects what is read of a page: texts, and attributes that are read out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._languages: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._languages.append(dict(attrs).get("lang") or (self._languages[-1] if self._languages else ""))
        self.found += [value or "" for name, value in attrs if name in READ_ATTRIBUTES]

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.found.append(" ".join(data.split()))


def english() -> tuple[set[str], set[str]]:
    """What stands for itself, and the longest piece of what is filled in, of all that Vietnamese says otherwise."""
    whole, pieces = set(), set()
    for message in entries("vi"):
        for words in asked(message):
            if said(message)[0].casefold() == words.casefold():
                continue
            *parts, longest = sorted(re.split(r"%\(\w+\)[a-z]|%[sd%]|<[^>]+>", words), key=len)
            if parts:
                pieces.add(" ".join(longest.split()))
            else:
                whole.add(" ".join(words.split()))
    long = {one for one in whole | pieces if len(one) >= LONG_CHARS and " " in one}
    return whole, long


WHOLE, LONG = english()


def left_in_english(html: str) -> Iterator[str]:
    reader = Reader()
    reader.feed(html)
    for text in reader.found:
        yield from (words for words in [text.strip()] if words in WHOLE)
    everything = "\n".join(reader.found)
    yield from (words for words in LONG if words in everything)


@pytest.fixture
def site(db: None, settings: Settings, client_of: Callable[[User], Client]) -> Site:
    settings.OWN_KEYS_ALLOWED = True
    settings.RATE_LIMIT_REQUESTS = 10_000
    cast = make_cast()
    for person in cast.values():
        person.language = "vi"
        person.save(update_fields=["language"])
    things = make_belongings(cast["owner"])
    return Site({name: client_of(person) for name, person in cast.items()}, things)


def who_sees(address: Address) -> str:
    line = EXPECTED[address.key]
    return next(name for name in ("owner", "administrator", "analyst") if name in line.who)


def test_no_page_is_left_in_english(site: Site) -> None:
    walked = 0
    left: dict[str, set[str]] = {}
    for address in WALKED:
        if address.key in LEFT_OUT:
            continue
        client, path = site.clients[who_sees(address)], site.path(address, EXPECTED[address.key])
        for headers in ({}, HTMX):
            answer = client.get(path, headers=headers)
            text = text_of(answer)
            if answer.status_code == 200 and "<" in text:
                walked += 1
                if found := set(left_in_english(text)):
                    left.setdefault(path, set()).update(found)
                assert LOCALISED_FIGURE.findall(text) == [], path
                if "<html" in text:
                    assert '<html lang="vi"' in text, path
    assert left == {}
    assert walked > 80


def test_english_is_seen() -> None:
    assert set(left_in_english('<p title="Close">Something</p><h1>Sign in</h1>')) == {"Close", "Sign in"}
    assert list(left_in_english("<p>There is no such model.</p>")) != []
    assert list(left_in_english("<p>Đăng nhập</p>")) == []
