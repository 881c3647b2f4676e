"""Another site's page sends a form to ours, with our cookie: every address refuses it, and nothing is changed."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from tests.support.access import EXPECTED
from tests.support.walk import ALL_ADDRESSES, Address, Site, pages_of_the_admin, stored

# Whom they serve they don't know by a cookie, so no browser can be made to act for its person.
WITHOUT_TOKEN = {
    "account_show": "a key or a token stands in a header",
    "token_login": "name and password stand in the body",
    "token_second_factor": "a token stands in a header",
    "token_session": "a token stands in a header",
    "token_refresh": "a token stands in the body",
    "backchannel_logout": "the issuer's server sends a signed token",
    "saml_acs": "the provider's page sends a signed answer, which is read by the next page alone",
}
# allauth's, for slugs that no provider has: it is not found before it does anything.
NOBODYS = {"accounts/^saml/(?P<organization_slug>[^/]+)/sls/"}
REFUSED = "The form is out of date"
METHODS = ("POST", "PUT", "PATCH", "DELETE")
FORM = {"email": "evil@example.org", "action": "delete", "post": "yes", "password1": "a b c d e f g h"}


@pytest.fixture
def owner(site: Site) -> Client:
    return checking(site.clients["owner"])


def checking(client: Client) -> Client:
    """The same browser, whose forms are looked at as those of browsers are."""
    checked = Client(enforce_csrf_checks=True)
    checked.cookies = client.cookies
    return checked


def form_of(address: Address) -> dict[str, str]:
    line = EXPECTED.get(address.key)
    return FORM | (line.form if line else {})


def send(client: Client, method: str, path: str, form: dict[str, str], **headers: str) -> Any:
    send_it = getattr(client, method.lower())
    return send_it(path, form if method == "POST" else "", headers=headers)


def test_without_its_token_no_form_is_taken(site: Site, owner: Client) -> None:
    administrator, before = checking(site.clients["administrator"]), stored()
    taken = []
    for address in ALL_ADDRESSES:
        if address.key in WITHOUT_TOKEN or address.route in NOBODYS:
            continue
        path = site.any_path(address)
        client = administrator if address.route.startswith("admin/") else owner
        for method in METHODS:
            answer = send(client, method, path, form_of(address))
            if (answer.status_code, REFUSED in answer.text) != (403, True):
                taken.append((method, path, answer.status_code))
    assert taken == []
    assert stored() == before


def test_a_form_of_another_site_is_refused_though_it_has_the_token(site: Site, owner: Client) -> None:
    owner.cookies[settings.CSRF_COOKIE_NAME] = "c" * 32
    before = stored()
    taken = []
    for address in ALL_ADDRESSES:
        if address.key in WITHOUT_TOKEN or address.route in NOBODYS:
            continue
        path = site.any_path(address)
        for origin in ("https://evil.example", "null"):
            answer = send(owner, "POST", path, form_of(address) | {"csrfmiddlewaretoken": "c" * 32}, Origin=origin)
            if answer.status_code != 403:
                taken.append((origin, path, answer.status_code))
    assert taken == []
    assert stored() == before


def test_the_admins_pages_of_each_row_refuse_them(site: Site) -> None:
    administrator, before = checking(site.clients["administrator"]), stored()
    pages = list(pages_of_the_admin())
    assert len(pages) > 30
    assert [path for path in pages if send(administrator, "POST", path, FORM).status_code != 403] == []
    assert stored() == before


def test_where_no_token_is_asked_for_the_cookie_opens_nothing(site: Site, owner: Client) -> None:
    before = stored()
    opened = []
    found = [one for one in ALL_ADDRESSES if one.key in WITHOUT_TOKEN]
    assert {one.key for one in found} == WITHOUT_TOKEN.keys()
    for address in found:
        for method in METHODS:
            answer = send(owner, method, site.any_path(address), form_of(address))
            # What a provider's page sent waits for the page it leads to, in a cookie of its own.
            is_led_on = address.key == "saml_acs" and answer.headers.get("Location", "").endswith("/acs/finish/")
            if answer.status_code < 400 and not is_led_on:
                opened.append((method, address.route, answer.status_code))
    assert opened == []
    assert stored() == before
    assert owner.get("/accounts/email/").status_code == 200


def test_what_stands_behind_allauths_own_addresses_is_nobodys(owner: Client) -> None:
    for path in ("/accounts/saml/no.slug/sls/", "/accounts/saml/works.x/sls/"):
        assert owner.post(path).status_code == 404


def test_visiting_signs_nobody_out(site: Site) -> None:
    client = site.clients["owner"]
    client.get("/accounts/logout/")
    assert client.get("/usage/").status_code == 200
