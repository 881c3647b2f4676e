"""No address of ours leads to another site, whatever it is told."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from django.test import Client

from accounts.models import User
from tests.support.access import EXPECTED
from tests.support.walk import ALL_ADDRESSES, Site

ELSEWHERE = [
    "https://evil.example/",
    "http://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "////evil.example",
    "/\\evil.example/",
    "\\\\evil.example/",
    "/\t/evil.example/",
    "/\n/evil.example/",
    " //evil.example/",
    "https:evil.example",
    "https:/evil.example",
    "https:///evil.example",
    "https://testserver@evil.example/",
    "https://testserver.evil.example/",
    "http://testserver:80@evil.example/",
    "//evil.example\\@testserver/",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)//testserver",
    "data:text/html,evil.example",
    "%2f%2fevil.example/",
    "/%2fevil.example/",
    "/%5cevil.example/",
    "//evil%E3%80%82example/",
    "/\u2028/evil.example",
    "\x00//evil.example/",
]
NAMES = ("next", "redirect", "redirect_to", "return", "return_to", "url", "RelayState", "continue", "_popup", "state")


def leads_out(answer: Any) -> bool:
    """As browsers read it: without tabs and line breaks, and with a backslash for a slash."""
    # Read whole: that closes a file.
    b"".join(answer)
    for header in ("Location", "HX-Redirect", "HX-Location", "Refresh"):
        value = answer.headers.get(header, "")
        read = value.strip(" \x00").replace("\t", "").replace("\n", "").replace("\r", "").replace("\\", "/")
        parts = urlsplit(read)
        if parts.scheme not in ("", "http", "https") or parts.hostname not in (None, "testserver"):
            return True
        if read.startswith("//") and parts.hostname != "testserver":
            return True
        if parts.scheme and not parts.hostname:
            return True
    return False


@pytest.mark.parametrize("target", ELSEWHERE)
def test_signing_in_leads_nowhere_else(alice: User, target: str) -> None:
    client = Client()
    client.get(f"/accounts/login/?next={quote(target)}")
    form = {"login": alice.email, "password": "a long enough password", "next": target}
    for address in ("/accounts/login/", f"/accounts/login/?next={quote(target)}"):
        signed_in = client.post(address, form)
        assert (signed_in.status_code, leads_out(signed_in)) == (302, False), signed_in.headers["Location"]
        # Somebody who is signed in already is led on.
        assert not leads_out(client.get(f"/accounts/login/?next={quote(target)}"))
        assert not leads_out(client.post(f"/accounts/logout/?next={quote(target)}", {"next": target}))


def test_no_page_leads_there(site: Site) -> None:
    found = []
    # What every page is made for takes longest: there one is tried, the one that looks like a path.
    people = {"https://evil.example/": ["visitor"], "/\\evil.example/": ["visitor"]}
    for target, names in (people | {"//evil.example/": ["visitor", "administrator"]}).items():
        told = dict.fromkeys(NAMES, target)
        headers = {"Referer": target, "HX-Current-URL": target, "X-Forwarded-Host": "evil.example"}
        for address in ALL_ADDRESSES:
            path = site.any_path(address)
            for name in names:
                if address.key != "account_logout":
                    answer = site.clients[name].get(path, told, headers=headers)
                    found += [(path, target, answer.headers.get("Location"))] * leads_out(answer)
    assert found == []


def test_no_form_leads_there(site: Site) -> None:
    found, target = [], "//evil.example/"
    told = dict.fromkeys(NAMES, target)
    headers = {"Referer": "https://evil.example/", "HX-Current-URL": "https://evil.example//evil.example/"}
    for address in ALL_ADDRESSES:
        line = EXPECTED.get(address.key)
        path = site.any_path(address)
        # What ends the session comes to the same for a visitor.
        name = "owner" if line and line.who != {"administrator"} else "administrator"
        for also in ({}, {"HX-Request": "true"}):
            answer = site.clients[name].post(path, (line.form if line else {}) | told, headers=headers | also)
            found += [(path, answer.headers.get("Location"))] * leads_out(answer)
    assert found == []


@pytest.mark.parametrize(
    "path", ["//evil.example/x", "///evil.example", "/%2fevil.example/x", "//evil.example/conversations"]
)
def test_a_slash_that_is_added_leads_nowhere_else(db: None, path: str) -> None:
    client = Client()
    answer = client.get("/", PATH_INFO=path)
    assert not leads_out(answer), answer.headers.get("Location")


def test_the_host_that_a_browser_names_stands_in_no_mail_and_no_page(db: None, alice: User) -> None:
    answer = Client().post("/accounts/password/reset/", {"email": alice.email}, headers={"Host": "evil.example"})
    assert answer.status_code == 400
    forwarded = Client().get("/accounts/login/", headers={"X-Forwarded-Host": "evil.example"})
    assert "evil.example" not in forwarded.text
