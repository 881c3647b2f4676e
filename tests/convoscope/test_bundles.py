"""What pages load as one: whole, in order, kept by browsers under its own name only."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from convoscope import scripts, styles
from convoscope.bundles import JOINED, bundle_url
from convoscope.scripts import CannotJoin, joined_scripts

ClientOf = Callable[[User], Client]
PACKED = {"Accept-Encoding": "br, gzip"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of scripts."""
    monkeypatch.setattr(scripts, "FOLDER", tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", JOINED)
def test_it_is_kept_under_its_own_name(client: Client, name: str) -> None:
    answer = client.get(bundle_url(name), headers=PACKED)
    assert answer.status_code == 200
    assert answer["Content-Type"] == ("text/css" if name.endswith("css") else "text/javascript") + "; charset=utf-8"
    assert "immutable" in answer["Cache-Control"]
    assert gzip.decompress(answer.content) == client.get(bundle_url(name)).content


@pytest.mark.django_db
def test_it_is_everybodys(alice: User, client_of: ClientOf, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """Also of the page that says that the database is gone; and no cookie that changes has it fetched anew."""
    client = client_of(alice)
    with django_assert_num_queries(0):
        answer = client.get(bundle_url("app.css"), headers=PACKED)
    assert answer["Vary"] == "Accept-Encoding"
    assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", JOINED)
def test_another_versions_is_answered_with_this_ones_and_not_kept(client: Client, name: str) -> None:
    answer = client.get(f"/bundles/0123456789ab/{name}")
    assert answer.content == client.get(bundle_url(name)).content
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", ["other.js", "menus.js", "noscript.css", "app.css.map"])
def test_there_are_no_others(client: Client, name: str) -> None:
    assert client.get(f"/bundles/0123456789ab/{name}").status_code == 404


def test_every_style_is_in_the_sheet_once_and_in_a_layer() -> None:
    """But those of pages without JavaScript and of the admin, which only they load."""
    css = JOINED["app.css"]()
    assert "@import" not in css
    assert css.startswith("@layer reset, tokens, base, layout, components, utilities;")
    for path in styles.FOLDER.glob("*.css"):
        if path.name not in ("app.css", "noscript.css", "admin.css", "dashboard.css"):
            assert css.count(path.read_text(encoding="utf-8")) == 1, path.name
    assert len(re.findall(r"^@media print \{$", css, re.M)) >= 1
    assert css.count("{") == css.count("}")


def test_every_script_is_there_once_after_what_it_needs() -> None:
    js = joined_scripts("main.js")
    names = re.findall(r"^const \$(\w+) = \(\(\) => \{$", js, re.M)
    assert sorted(names) == sorted(
        path.stem.replace("-", "_") for path in scripts.FOLDER.glob("*.js") if path.stem not in ("shared-page", "admin")
    )
    for user, needed in re.findall(r"^const \$(\w+) = .*\n(?:const \{.*\n)*?const \{.*\} = \$(\w+);", js, re.M):
        assert names.index(needed) < names.index(user)


def test_modules_are_joined_as_a_browser_would_execute_them(folder: Path) -> None:
    (folder / "main.js").write_text('// @ts-check\nimport { b, C } from "./b-c.js";\nimport "./d.js";\n\nb(new C());\n')
    (folder / "b-c.js").write_text(
        'import "./d.js";\n\n/** @param {C} c */\nexport function b(c) {\n  // why\n  return c;\n}\nexport class C {}\n'
    )
    (folder / "d.js").write_text("const one = 1; // said\n")
    assert joined_scripts("main.js") == (
        "const $d = (() => {\nconst one = 1; // said\n})();\n"
        "const $b_c = (() => {\n\nfunction b(c) {\n  return c;\n}\nclass C {}\nreturn { b, C };\n})();\n"
        "const $main = (() => {\nconst { b, C } = $b_c;\n\nb(new C());\n})();\n"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('import a from "./main.js";\n', r"main\.js: import a"),
        ('import { a as b } from "./main.js";\n', r"main\.js: import \{ a as b"),
        ("export const a = 1;\n", r"main\.js: export const"),
        ("export default class {}\n", r"main\.js: export default"),
        ('import "./main.js";\n', "main imports main"),
    ],
)
def test_what_cannot_be_joined_is_named(folder: Path, text: str, said: str) -> None:
    (folder / "main.js").write_text(text)
    with pytest.raises(CannotJoin, match=said):
        joined_scripts("main.js")


@pytest.mark.django_db
def test_pages_load_them(client: Client) -> None:
    page = client.get("/accounts/login/", follow=True).text
    assert f'<link rel="stylesheet" href="{bundle_url("app.css")}">' in page
    assert f'<script type="module" src="{bundle_url("main.js")}"></script>' in page
