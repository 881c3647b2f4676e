"""The house's rules hold for the product. Each rule is also shown a made-up offender, so that none passes because it
sees nothing."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable

import pytest
from django.apps import apps
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.test import Client

from convoscope.bundles import bundle_url
from tests.support.rules import (
    FUNCTION_MAX_LINES,
    MODULE_MAX_LINES,
    Rule,
    catches_everything,
    forbidden_css,
    has_unfinished_notes,
    imports_upwards,
    imports_vendor_sdk,
    inline_code,
    irreversible,
    is_a_grab_bag,
    knows_requests_below_views,
    looks_up_past_access,
    points_up,
    pushes_outside_events,
    reads_environment,
    too_long,
    unfinished_notes,
    writes_rows_of_other_apps,
)
from tests.support.source import APPS, PRODUCT, ROOT, Module, modules, texts

# htmx, compressed, which comes with django-htmx
HTMX_BYTES = 16_600
TEXT_MAX_LINES = {"templates": (".html", 150), "static/js": (".js", 150), "static/css": (".css", 250)}

RULES: dict[Rule, tuple[str, str]] = {
    imports_upwards: ("providers/gateway.py", "def f() -> None:\n    from chat.models import Run\n"),
    imports_vendor_sdk: ("chat/tasks.py", "from google import genai\n"),
    pushes_outside_events: ("chat/tasks.py", "async_to_sync(layer.group_send)('g', {})\n"),
    catches_everything: ("chat/feeds.py", "try:\n    f()\nexcept (ValueError, Exception):\n    pass\n"),
    knows_requests_below_views: ("chat/actions/turns.py", "from django.http import HttpRequest\n"),
    looks_up_past_access: ("chat/views/pages.py", "Run.objects.visible_to(user).get(id=run_id)\n"),
    writes_rows_of_other_apps: (
        "chat/runs/finish.py",
        "from providers.models import Attempt\nAttempt.objects.filter(model='x').update(model='y')\n",
    ),
    reads_environment: ("chat/apps.py", "import os\nos.environ.get('REDIS_URL')\n"),
    is_a_grab_bag: ("chat/core/text.py", ""),
    has_unfinished_notes: ("chat/apps.py", "x = 1  # TO" + "DO later\n"),
}
MORE_OFFENDERS: list[tuple[Rule, str, str]] = [
    (too_long, "chat/apps.py", "x = 1\n" * (MODULE_MAX_LINES + 1)),
    (too_long, "chat/apps.py", "def f() -> None:\n" + "    x = 1\n" * FUNCTION_MAX_LINES),
    (catches_everything, "chat/tasks.py", "try:\n    f()\nexcept Exception:\n    pass\n"),
    (catches_everything, "chat/feeds.py", "with contextlib.suppress(Exception):\n    f()\n"),
    (catches_everything, "chat/feeds.py", "try:\n    f()\nexcept:\n    pass\n"),
    (
        looks_up_past_access,
        "chat/consumers.py",
        "from django.shortcuts import get_object_or_404 as g\nRun.objects.get(id=1)\n",
    ),
    (looks_up_past_access, "api/views/runs.py", "get_object_or_404(Run, id=run_id)\n"),
    (writes_rows_of_other_apps, "chat/signals.py", "from accounts.models import User\nUser(email='x').save()\n"),
    (reads_environment, "chat/apps.py", "import os\nos.getenv('REDIS_URL')\n"),
    (imports_vendor_sdk, "providers/gateway.py", "import openai.types\n"),
    (is_a_grab_bag, "providers/utils.py", ""),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_product_holds(rule: Rule) -> None:
    assert_none(offender for module in modules(*PRODUCT) for offender in rule(module))


def test_no_module_or_function_is_too_long() -> None:
    assert_none(offender for module in modules(*PRODUCT, "tests") for offender in too_long(module))


@pytest.mark.parametrize(
    ("rule", "path", "source"), [*((rule, *made_up) for rule, made_up in RULES.items()), *MORE_OFFENDERS]
)
def test_rule_sees_an_offender(rule: Rule, path: str, source: str) -> None:
    assert [offender for offender in rule(Module.of(path, source)) if offender.startswith(path)] != []


# Templates, CSS and JavaScript


def test_templates_have_no_inline_code_or_style() -> None:
    assert_none(one for path, text in texts("templates", ".html").items() for one in inline_code(path, text))


def test_css_selects_without_ids_and_importance() -> None:
    assert_none(one for path, text in texts("static", ".css").items() for one in forbidden_css(path, text))


def test_templates_scripts_and_styles_are_short() -> None:
    assert_none(
        f"{path} has {text.count(chr(10))} lines, more than {limit}"
        for folder, (suffix, limit) in TEXT_MAX_LINES.items()
        for path, text in texts(folder, suffix).items()
        if text.count("\n") > limit
    )


def test_no_unfinished_notes_in_templates_scripts_and_styles() -> None:
    files = texts("templates", ".html") | texts("static", ".css", ".js")
    assert_none(one for path, text in files.items() for one in unfinished_notes(path, text))


@pytest.mark.parametrize(
    "html",
    [
        '<p style="color: red">',
        '<p\n  onclick="go()">',
        '<button hx-on:click="go()">',
        "<script>go()</script>",
        "<style>p {}</style>",
        '<a href="javascript:go()">',
        '<p {% if a %}class="b"{% endif %} style="{{ c }}">',
    ],
)
def test_inline_code_is_seen(html: str) -> None:
    assert inline_code("templates/made-up.html", html) != []


@pytest.mark.parametrize("css", ["#main { x: y }", ".a { &:has(#b) { x: y } }", ".a { x: y !important }"])
def test_forbidden_css_is_seen(css: str) -> None:
    assert list(forbidden_css("made-up.css", css)) != []


def test_what_only_looks_forbidden_is_let_through() -> None:
    assert list(forbidden_css("made-up.css", ".a { color: #fff; } /* #b { } */ [href='#c'] { x: y }")) == []
    assert inline_code("made-up.html", '<script src="a.js"></script><p data-style="x">{# <p style="a"> #}</p>') == []


# The database


def test_no_foreign_key_points_up() -> None:
    assert_none(
        f"{model.__name__}.{field.name} points up to {field.related_model._meta.label}"
        for model in our_models()
        for field in model._meta.get_fields()
        if field.is_relation
        and not field.auto_created
        and isinstance(field.related_model, type)
        and points_up(model._meta.app_label, field.related_model._meta.app_label)
    )


def our_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model._meta.app_label in APPS]


def our_migrations() -> dict[tuple[str, str], migrations.Migration]:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return {key: migration for key, migration in loader.disk_migrations.items() if key[0] in (*APPS, "convoscope")}


def test_every_migration_can_be_reversed() -> None:
    assert_none(
        f"{app}/{name}: {operation}"
        for (app, name), migration in our_migrations().items()
        for operation in irreversible(migration.operations)
    )


def test_migrations_are_linear() -> None:
    names: dict[str, list[str]] = {}
    for app, name in sorted(our_migrations()):
        names.setdefault(app, []).append(name)
    for app, ordered in names.items():
        for number, name in enumerate(ordered, 1):
            before = [key[1] for key in our_migrations()[app, name].dependencies if key[0] == app]
            assert name.startswith(f"{number:04}_"), f"{app}/{name} should be number {number:04}"
            assert before == ordered[: number - 1][-1:], f"{app}/{name} doesn't follow the migration before it"


def test_database_rules_see_offenders() -> None:
    def forwards(_apps: object, _editor: object) -> None: ...

    one_way = migrations.RunPython(forwards)
    assert list(irreversible([one_way])) != []
    assert list(irreversible([migrations.SeparateDatabaseAndState([one_way])])) != []
    assert list(irreversible([migrations.RunPython(forwards, forwards)])) == []
    assert points_up("providers", "chat")
    assert not points_up("chat", "accounts")
    assert {"Conversation", "Attempt", "User"} <= {model.__name__ for model in our_models()}
    assert ("chat", "0001_initial") in our_migrations()


def test_a_class_is_styled_in_one_place() -> None:
    """Two parts of the product that take the same name get each other's looks. Print is another medium."""
    sheets: defaultdict[str, set[str]] = defaultdict(set)
    for path, text in texts("static", ".css").items():
        for name in re.findall(r"(?<!,\n)^\.([a-z-]+) \{", text, re.M):
            sheets[name].add(path)
    assert_none(
        f".{name} has rules of its own in {', '.join(sorted(paths))}"
        for name, paths in sheets.items()
        if len({path for path in paths if "print" not in path}) > 1
    )


def test_the_chat_is_small() -> None:
    """What its pages load, compressed."""

    def packed_bytes(name: str) -> int:
        return len(Client().get(bundle_url(name), headers={"Accept-Encoding": "gzip"}).content)

    assert packed_bytes("app.css") < 25_000
    assert packed_bytes("main.js") < 60_000 - HTMX_BYTES


# The checks themselves


def test_every_app_is_known_to_the_checks() -> None:
    """A new app is installed, layered, measured: in settings, import-linter and coverage."""
    folders = {path.parent.name for path in ROOT.glob("*/apps.py")}
    assert folders <= {*APPS, "convoscope"}
    assert folders <= {config.name for config in apps.get_app_configs()}
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for setting in (r"^root_packages = (\[.*?\])", r"^source = (\[.*?\])"):
        listed = re.search(setting, project, re.M | re.S)
        assert listed is not None
        assert folders <= set(ast.literal_eval(listed[1])), f"pyproject.toml: {listed[0]} misses an app"


def test_the_product_is_where_the_rules_look() -> None:
    assert {module.folder for module in modules(*PRODUCT)} >= {"chat", "providers", "accounts", "convoscope"}
    assert texts("templates", ".html")
    assert texts("static", ".css")
    assert texts("static", ".js")


def assert_none(offenders: Iterable[str]) -> None:
    found = list(offenders)
    assert not found, "\n" + "\n".join(found)
