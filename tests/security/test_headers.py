"""What every answer says to the browser, in production, whoever asks and whatever comes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.conf import settings as configured
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from tests.accounts.test_admin_policy import directives
from tests.convoscope.test_settings import SAFE
from tests.support.source import ROOT
from tests.support.walk import ALL_ADDRESSES, Site, pages_of_the_admin

EVERYWHERE = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
}
# The page of a link tells nobody its address.
REFERRER = ("same-origin", "no-referrer")
OFF = ("camera", "geolocation", "microphone", "payment", "usb")
PRINT_SETTINGS = """
import orjson
from convoscope.settings import base, production
print(orjson.dumps({name: value for name, value in vars(production).items()
    if name.isupper() and value is not getattr(base, name, None)}).decode())
"""


@pytest.fixture
def production(settings: Settings, tmp_path: Path) -> None:
    """What production has beyond the settings of every set-up."""
    printed = subprocess.run(
        [sys.executable, "-c", PRINT_SETTINGS],
        cwd=ROOT,
        env=SAFE | {"APP_VAR_DIR": str(tmp_path / "var")},
        capture_output=True,
        text=True,
        check=True,
    )
    given = orjson.loads(printed.stdout)
    assert given["SECURE_HSTS_SECONDS"]
    for name, value in given.items():
        setattr(settings, name, tuple(value) if name == "SECURE_PROXY_SSL_HEADER" else value)


def faults_of(answer: Any, *, is_admin: bool) -> list[str]:
    """What is missing or too wide."""
    found = [name for name, value in EVERYWHERE.items() if answer.headers.get(name) != value]
    if answer.headers.get("Referrer-Policy") not in REFERRER:
        found.append("Referrer-Policy")
    permissions = answer.headers.get("Permissions-Policy", "")
    found += [f"Permissions-Policy: {name}" for name in OFF if f"{name}=()" not in permissions]
    policy = answer.headers.get("Content-Security-Policy", "")
    return [*found, *faults_of_policy(policy, is_admin=is_admin), *faults_of_cookies(answer)]


def faults_of_policy(policy: str, *, is_admin: bool) -> list[str]:
    given = directives(policy)
    if given.get("default-src") != {"'none'"}:
        return [f"Content-Security-Policy: {policy!r}"]
    if "sandbox" in given:
        return []
    found = [
        f"Content-Security-Policy: {name}"
        for name in ("frame-ancestors", "base-uri", "form-action", "script-src")
        if not given.get(name, set()) <= {"'none'", "'self'", "'unsafe-eval'"} | set(re.findall(r"'nonce-\S+'", policy))
        or name not in given
    ]
    unsafe = {name for name, values in given.items() if any("unsafe" in one for one in values)}
    # The theme's, below /admin/ alone; see `convoscope/content_policy.py`.
    allowed = {"script-src", "style-src-attr"} if is_admin else set()
    found += [f"Content-Security-Policy: unsafe {name}" for name in unsafe - allowed]
    if any(re.search(r"\*|https?:", value) for values in given.values() for value in values):
        found.append("Content-Security-Policy: another host")
    return found + ["Content-Security-Policy: inline"] * ("'unsafe-inline'" in given.get("script-src", set()))


def faults_of_cookies(answer: Any) -> list[str]:
    found = []
    for name, cookie in answer.cookies.items():
        if cookie["max-age"] == 0:
            # It is taken away.
            continue
        # Scripts read the token of forms, which says nothing to who has no session.
        kinds = ("secure", "samesite") if name == configured.CSRF_COOKIE_NAME else ("secure", "httponly", "samesite")
        found += [f"cookie {name} isn't {kind}" for kind in kinds if not cookie[kind]]
        found += [f"cookie {name} goes everywhere"] * (str(cookie["samesite"]).lower() == "none")
    return found


def faults_at(client: Client, path: str) -> list[str]:
    answer = client.get(path, secure=True)
    # Read whole: that closes a file.
    b"".join(answer)
    if answer.status_code >= 500:
        return [f"{path}: {answer.status_code}"]
    return [f"{path}: {fault}" for fault in faults_of(answer, is_admin=path.startswith("/admin/"))]


@pytest.mark.parametrize("who", ["visitor", "owner", "administrator"])
def test_every_address(production: None, site: Site, who: str) -> None:
    client, found = site.clients[who], list[str]()
    client.raise_request_exception = False
    # Signing out comes last.
    for address in sorted(ALL_ADDRESSES, key=lambda one: one.key == "account_logout"):
        found += faults_at(client, site.any_path(address))
    assert "\n".join(found) == ""


def test_every_page_of_the_admin(production: None, site: Site) -> None:
    client = site.clients["administrator"]
    assert [fault for path in pages_of_the_admin() for fault in faults_at(client, path)] == []


STATIC = ("/static/speculation-rules.json", "/static/js/main.js", "/static/admin/img/search.svg")


def test_files_of_the_product(production: None, db: None) -> None:
    for path in STATIC:
        answer = Client().get(path, secure=True)
        assert (answer.status_code, b"".join(answer) != b"") == (200, True)
        assert faults_of(answer, is_admin=False) == []


def test_what_can_not_be_served(production: None, db: None) -> None:
    client = Client(raise_request_exception=False)
    for path in ("/nothing/here/", "/conversations/not-a-uuid/", "/%00", "/static/nothing.js"):
        assert faults_at(client, path) == []
    assert faults_of(client.get("/", secure=True, headers={"Host": "evil.example"}), is_admin=False) == []
    assert faults_of(client.post("/accounts/login/", secure=True), is_admin=False) == []
    refused = Client(enforce_csrf_checks=True).post("/accounts/login/", secure=True)
    assert (refused.status_code, faults_of(refused, is_admin=False)) == (403, [])


def test_cookies_of_a_sign_in(production: None, alice: User) -> None:
    client = Client()
    page = client.get("/accounts/login/", secure=True)
    signed_in = client.post(
        "/accounts/login/", {"login": alice.email, "password": "a long enough password"}, secure=True
    )
    assert (signed_in.status_code, configured.SESSION_COOKIE_NAME in signed_in.cookies) == (302, True)
    assert configured.CSRF_COOKIE_NAME in page.cookies
    assert [*faults_of_cookies(page), *faults_of_cookies(signed_in)] == []
    language = client.post("/language/", {"language": "vi"}, secure=True)
    assert (len(language.cookies), faults_of_cookies(language)) == (1, [])


def test_over_http_it_leads_to_https_alone(production: None, db: None) -> None:
    answer = Client().get("/usage/?a=b")
    assert (answer.status_code, answer.headers["Location"]) == (301, "https://testserver/usage/?a=b")
