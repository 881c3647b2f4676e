"""The sheet that pages load: whole, in order, kept by browsers under its own name only."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from convoscope.styles import FOLDER, stylesheet_url

ClientOf = Callable[[User], Client]
PACKED = {"Accept-Encoding": "br, gzip"}


def test_a_sheet_is_kept_under_its_own_name(client: Client) -> None:
    answer = client.get(stylesheet_url(), headers=PACKED)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/css")
    assert "immutable" in answer["Cache-Control"]
    assert "Accept-Encoding" in answer["Vary"]
    assert gzip.decompress(answer.content) == client.get(stylesheet_url()).content


@pytest.mark.django_db
def test_it_is_everybodys(alice: User, client_of: ClientOf, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """Also of the page that says that the database is gone; and no cookie that changes has it fetched anew."""
    client = client_of(alice)
    with django_assert_num_queries(0):
        answer = client.get(stylesheet_url(), headers=PACKED)
    assert answer["Vary"] == "Accept-Encoding"
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_another_versions_sheet_is_answered_with_this_ones_and_not_kept(client: Client) -> None:
    answer = client.get("/styles/0123456789ab.css")
    assert answer.content == client.get(stylesheet_url()).content
    assert answer["Cache-Control"] == "no-store"


def test_every_file_is_in_it_once_and_in_a_layer(client: Client) -> None:
    """But the one of pages without JavaScript, which only those load."""
    css = client.get(stylesheet_url()).content.decode()
    assert "@import" not in css
    assert css.startswith("@layer reset, tokens, base, layout, components, utilities;")
    for path in FOLDER.glob("*.css"):
        if path.name not in ("app.css", "noscript.css"):
            assert css.count(path.read_text(encoding="utf-8")) == 1, path.name
    assert len(re.findall(r"^@media print \{$", css, re.M)) >= 1
    assert css.count("{") == css.count("}")


@pytest.mark.django_db
def test_pages_load_it(client: Client) -> None:
    page = client.get("/accounts/login/", follow=True).content.decode()
    assert f'<link rel="stylesheet" href="{stylesheet_url()}">' in page
