"""The documentation: what it names exists, it is built without a warning and asks nobody for anything, and its script
does what it says."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.core.management import get_commands

from convoscope.errors import AppError
from providers import errors
from providers.catalog import load_catalog
from tests.support.place import Place
from tests.support.source import ROOT, texts
from tests.support.vendors import Answer, Refusal, VendorServer

PAGES = texts("docs", ".md") | {name: (ROOT / name).read_text("utf-8") for name in ("README.md", "CONTRIBUTING.md")}
each_page = pytest.mark.parametrize("page", PAGES)
DIAGRAMS = texts("docs/diagrams", ".svg")
SCRIPT = "docs/examples/ask.py"
SCRIPT_MAX_LINES = 20
# Not ours: Django's, uvicorn's and the tests' own; and the placeholder for any name.
OTHER_VARIABLES = {
    "DJANGO_SETTINGS_MODULE",
    "FORWARDED_ALLOW_IPS",
    "NAME_FILE",
    "TEST_DATABASE_URL",
    "TEST_REDIS_URL",
}
# What a browser fetches by itself. Links that a reader may follow are no part of it.
FETCHED = re.compile(
    r"""<(?:script|img|iframe|source|link|object)\b[^>]*?(?:src|href|data)=["']?((?:https?:)?//[^"'\s>]+)"""
)
FETCHED_BY_STYLE = re.compile(r"""(?:url\(|@import)\s*["']?((?:https?:)?//[^"')]+)""")


def names_of_settings() -> set[str]:
    example = (ROOT / ".env.example").read_text("utf-8")
    return set(re.findall(r"^#?([A-Z0-9_]+)=", example, re.M))


def codes(kind: type[AppError] = AppError) -> Iterator[str]:
    yield kind.code
    for below in kind.__subclasses__():
        yield from codes(below)


@each_page
def test_every_setting_named_exists(page: str) -> None:
    assert issubclass(errors.ProviderError, AppError)
    named = set(re.findall(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b", PAGES[page]))
    assert named - names_of_settings() - set(codes()) - OTHER_VARIABLES == set()


@each_page
def test_every_file_named_exists(page: str) -> None:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir()} - {"var"}
    named = re.findall(r"`([\w.-]+/[\w./-]*)`", PAGES[page])
    missing = [name for name in named if name.split("/")[0] in folders and not (ROOT / name).exists()]
    assert missing == []


@each_page
def test_every_command_named_exists(page: str) -> None:
    text = PAGES[page]
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.M)
    assert set(re.findall(r"\bmanage\.py ([a-z_]+)", text)) <= get_commands().keys()
    assert set(re.findall(r"(?:`|^)make ([a-z]+)", text, re.M)) <= set(targets)


def test_the_table_of_vendors_is_the_catalogs() -> None:
    rows = re.findall(r"^\| ([^|]+) \| `(\w+)` \| ([^|]+) \| ([^|]+) \|$", PAGES["docs/providers.md"], re.M)
    told = {
        label: (adapter, re.findall(r"`([A-Z_0-9]+)`", by), re.findall(r"`(http[^`]+)`", at))
        for label, adapter, by, at in rows
    }
    # Bedrock is on by where it is, since AWS's own credentials may sign the calls.
    switches = {"bedrock": ["BEDROCK_REGION", "BEDROCK_BASE_URL", "BEDROCK_API_KEY"]}
    known = {
        one.label: (
            one.adapter,
            switches.get(one.name, [one.variable] if one.variable in names_of_settings() else []),
            [one.base_url] if one.base_url else [],
        )
        for one in load_catalog().endpoints.values()
        if one.variable
    }
    assert told == known


@each_page
def test_no_merge_was_left_open(page: str) -> None:
    assert re.findall(r"^(?:<{7}|={7}|>{7}).*", PAGES[page], re.M) == []


@each_page
def test_every_picture_is_described(page: str) -> None:
    assert [path for words, path in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", PAGES[page]) if len(words) < 20] == []


@pytest.mark.parametrize("diagram", DIAGRAMS)
def test_a_diagram_is_whole_and_fits_both_palettes(diagram: str) -> None:
    drawing = DIAGRAMS[diagram]
    root = ElementTree.fromstring(drawing)  # noqa: S314 - our own file
    labels = [child.text for child in root if child.tag.endswith(("}title", "}desc"))]
    assert len([label for label in labels if label]) == 2
    assert "prefers-color-scheme: dark" in drawing
    assert re.findall(r"""(?:href|src)=|<script|url\((?!#)""", drawing) == []


def test_the_site_is_built_without_a_warning_and_asks_nobody_for_anything(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)]
    built = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True, check=False
    )
    assert (built.returncode, built.stdout, built.stderr) == (0, "", "")
    pages = list(tmp_path.rglob("*.html"))
    assert {page.stem for page in pages} >= {Path(page).stem for page in PAGES if page.startswith("docs/")}
    for page in pages:
        html = page.read_text("utf-8")
        assert [*FETCHED.findall(html), *FETCHED_BY_STYLE.findall(html)] == [], page.name
        assert 'class="mermaid"' not in html, f"{page.name}: its script would come from elsewhere"
    for style in tmp_path.rglob("*.css"):
        assert FETCHED_BY_STYLE.findall(style.read_text("utf-8")) == [], style.name


@pytest.mark.parametrize(
    "html",
    [
        '<script src="https://cdn.example/a.js">',
        "<link rel=stylesheet href=//fonts.example/css>",
        '<img alt="x" src="http://a.example/b.png">',
    ],
)
def test_what_would_be_fetched_is_seen(html: str) -> None:
    assert FETCHED.findall(html)
    assert not FETCHED.findall('<a href="https://a.example">a link</a><script src="assets/a.js">')


# The script


def test_the_script_is_short_and_printed_as_it_is() -> None:
    script = (ROOT / SCRIPT).read_text("utf-8")
    assert len([line for line in script.splitlines() if line.strip()]) <= SCRIPT_MAX_LINES
    assert f"```python\n{script}```" in PAGES["docs/gateway.md"]


async def run_in(place: Place, *arguments: str, said: str = "", **environment: str) -> tuple[int, str, str]:
    """A process of the product with its own folder and database: exit code, what it printed, what it complained of."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        cwd=ROOT,
        env=os.environ
        | {
            "APP_VAR_DIR": str(place.var),
            "DJANGO_SETTINGS_MODULE": "convoscope.settings.current",
            **place.environment,
            **environment,
        },
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    printed, complained = await process.communicate(said.encode())
    assert process.returncode is not None
    return process.returncode, printed.decode(), complained.decode()


async def test_the_script_answers_and_keeps_the_books(place: Place) -> None:
    assert (await run_in(place, "manage.py", "migrate", "--verbosity", "0"))[0] == 0
    async with VendorServer() as vendor:
        vendor.will(Refusal("rate_limited", headers={"Retry-After": "0"}), Answer(), Refusal("content_policy"))
        at = {"OPENAI_API_KEY": "sk-docs", "OPENAI_BASE_URL": f"{vendor.url}/v1", "OPENAI_MODEL": "gpt-6-sol"}
        answered = await run_in(place, "-m", "docs.examples.ask", said="What is a run?\n", **at)
        refused = await run_in(place, "-m", "docs.examples.ask", said="Something else?\n", **at)
    assert answered == (0, "Hello, world.", "")
    assert [request.body["messages"][-1]["content"] for request in vendor.requests] == [
        "What is a run?",
        "What is a run?",
        "Something else?",
    ]
    assert (refused[0], refused[1]) == (1, "")
    assert "refused this content" in refused[2]
    attempts = place.rows("SELECT call_number, reason, outcome FROM providers_attempt ORDER BY id")
    assert attempts == [(1, "first", "failed"), (2, "retry", "complete"), (1, "first", "failed")]
    lines = place.rows(
        "SELECT call_number, input_tokens, output_tokens, cost_nanousd > 0 FROM providers_usagerecord ORDER BY id"
    )
    assert lines == [(1, 0, 0, False), (2, 20, 9, True), (1, 0, 0, False)]
    assert len(place.rows("SELECT request_id FROM providers_routingdecision")) == 2
    code, printed, _complained = await run_in(place, "manage.py", "reconcile_usage")
    assert code == 0, printed
