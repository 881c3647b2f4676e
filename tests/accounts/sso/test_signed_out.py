"""Who signs out here is led to the issuer's own sign-out, where there is one."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from tests.support.entrance import text_of
from tests.support.sso import CLIENT_ID, Issuer, query_of, sign_in_at

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]
PAGE = "/accounts/sso/oidc/signed-out/"


def has_sign_out(issuer: Issuer, path: str = "/session/end") -> None:
    issuer.edits["/.well-known/openid-configuration"] = lambda document: document.update(
        end_session_endpoint=f"{issuer.url}{path}"
    )


def signed_in(issuer: Issuer) -> Client:
    client = Client()
    assert sign_in_at(issuer, client).status_code == 302
    return client


def sign_out(client: Client) -> str:
    return str(client.post("/accounts/logout/").headers["Location"])


def way_out(page: Any) -> str:
    found = re.search(r'<a class="button primary" href="([^"]*)"', page.content.decode())
    assert found, text_of(page)
    return unescape(found[1])


@pytest.mark.parametrize("path", ["/session/end", "/end?realm=works"])
def test_the_page_after_leads_there(issuer: Issuer, path: str) -> None:
    has_sign_out(issuer, path)
    client = signed_in(issuer)
    assert sign_out(client) == PAGE
    assert "_auth_user_id" not in client.session
    page = client.get(PAGE)
    assert "You are signed out." in text_of(page)
    assert "You may still be signed in at The Works." in text_of(page)
    address = way_out(page)
    assert address.startswith(f"{issuer.url}{path}")
    assert query_of(address) == query_of(f"{issuer.url}{path}") | {"client_id": CLIENT_ID}
    assert page.headers["Cache-Control"].startswith("max-age=0, no-cache, no-store")


def test_an_issuer_without_a_sign_out(issuer: Issuer) -> None:
    client = signed_in(issuer)
    assert "You are signed out." in text_of(client.post("/accounts/logout/", follow=True))
    assert client.get(PAGE).headers["Location"] == "/accounts/login/"


@pytest.mark.parametrize("answer", [(500, b""), (200, b"<html>")])
def test_an_issuer_that_is_down_keeps_nobody_in(issuer: Issuer, answer: tuple[int, bytes]) -> None:
    client = signed_in(issuer)
    cache.clear()
    issuer.answers["/.well-known/openid-configuration"] = answer
    assert sign_out(client) == PAGE
    assert "_auth_user_id" not in client.session
    assert client.get(PAGE).headers["Location"] == "/accounts/login/"


def test_a_sign_out_without_protection_is_none(issuer: Issuer) -> None:
    issuer.edits["/.well-known/openid-configuration"] = lambda document: document.update(
        end_session_endpoint="http://issuer.example/end"
    )
    assert Client().get(PAGE).headers["Location"] == "/accounts/login/"


def test_a_session_that_began_with_a_password(issuer: Issuer, alice: User, client_of: ClientOf) -> None:
    has_sign_out(issuer)
    assert sign_out(client_of(alice)) == "/"


def test_where_the_issuer_is_set_up_no_more(issuer: Issuer, settings: Settings) -> None:
    has_sign_out(issuer)
    client = signed_in(issuer)
    settings.SSO_PROVIDERS = []
    assert sign_out(client) == "/"
    assert client.get(PAGE).status_code == 404


def test_who_is_signed_in_has_not_signed_out(issuer: Issuer, alice: User, client_of: ClientOf) -> None:
    has_sign_out(issuer)
    assert client_of(alice).get(PAGE).headers["Location"] == "/accounts/login/"


def test_a_stranger_does_not_make_us_ask_the_issuer_often(issuer: Issuer, settings: Settings) -> None:
    settings.RATE_LIMIT_IP_REQUESTS = 2
    issuer.answers["/.well-known/openid-configuration"] = (500, b"")
    assert [Client().get(PAGE).status_code for _ in range(4)] == [302, 302, 429, 429]
    assert len(issuer.asked) == 2
