"""The rules of the house, each a function from a file to its offenders; `tests/test_architecture.py` holds them."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from html.parser import HTMLParser

from django.db import migrations

from tests.support.source import APPS, Module

MODULE_MAX_LINES = 400
FUNCTION_MAX_LINES = 60
VENDOR_SDKS = ("openai", "anthropic", "google")
MAY_IMPORT_VENDORS = ("providers/adapters/", "providers/embeddings/")
# Where a fault of ours is caught, logged and recorded. The server's own border answers with the reason instead.
# journal, refresh: loops that the whole process depends on, which nobody would start again. registry: one endpoint
# whose SDK fails must not keep the others from being configured.
LOGGING_BORDERS = re.compile(
    r"chat/runs/(engine|journal)\.py|providers/(refresh|registry)\.py|\w+/consumers\.py|\w+/tasks(/\w+)?\.py"
)
SERVER_BORDER = "convoscope/asgi.py"
BELOW_VIEWS = ("actions", "models", "runs", "context", "rendering", "guards")
LOOKUPS = {"get", "aget", "filter", "exclude", "in_bulk", "get_or_create", "update_or_create"}
WRITES = {"create", "bulk_create", "get_or_create", "update_or_create", "update", "bulk_update", "delete"}
ENVIRONMENT_READERS = ("convoscope/settings/env.py", "convoscope/settings/test.py")

Rule = Callable[[Module], Iterator[str]]


# Rules on one Python file


def too_long(module: Module) -> Iterator[str]:
    lines = module.source.count("\n")
    if lines > MODULE_MAX_LINES:
        yield f"{module.path} has {lines} lines, more than {MODULE_MAX_LINES}"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_MAX_LINES:
                yield f"{module.at(node)} {node.name} has {lines} lines, more than {FUNCTION_MAX_LINES}"


def imports_upwards(module: Module) -> Iterator[str]:
    if module.folder not in APPS:
        return
    above = APPS[: APPS.index(module.folder)]
    for node, name in module.imports():
        if name.split(".")[0] in above:
            yield f"{module.at(node)} imports {name}, which stands above {module.folder}"


def imports_vendor_sdk(module: Module) -> Iterator[str]:
    if module.path.startswith(MAY_IMPORT_VENDORS):
        return
    for node, name in module.imports():
        if name.split(".")[0] in VENDOR_SDKS:
            yield f"{module.at(node)} imports {name}; only {' and '.join(MAY_IMPORT_VENDORS)} may"


def pushes_outside_events(module: Module) -> Iterator[str]:
    if module.path == "chat/events.py":
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and node.attr == "group_send":
            yield f"{module.at(node)} uses group_send; only chat/events.py may"


def catches_everything(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ExceptHandler) and _is_broad(node.type):
            if module.path == SERVER_BORDER:
                continue
            if not LOGGING_BORDERS.fullmatch(module.path):
                yield f"{module.at(node)} catches everything, away from the borders"
            elif not any(isinstance(one, ast.Name) and one.id == "logger" for one in ast.walk(node)):
                yield f"{module.at(node)} catches everything and logs nothing"
    for call, names in module.calls():
        if names[-1:] == ("suppress",) and any(_is_broad(argument) for argument in call.args):
            yield f"{module.at(call)} suppresses everything"


def _is_broad(caught: ast.expr | None) -> bool:
    kinds = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(
        kind is None or (isinstance(kind, ast.Name) and kind.id in ("Exception", "BaseException")) for kind in kinds
    )


def knows_requests_below_views(module: Module) -> Iterator[str]:
    if not set(module.path.split("/")) & {name for below in BELOW_VIEWS for name in (below, f"{below}.py")}:
        return
    for node, name in module.imports():
        if name.startswith(("django.http", "django.shortcuts", "rest_framework.request")):
            yield f"{module.at(node)} imports {name}, which belongs to views"


def looks_up_past_access(module: Module) -> Iterator[str]:
    parts = module.path.split("/")
    if "views" not in parts and parts[-1] not in ("views.py", "consumers.py"):
        return
    for call, names in module.calls():
        if names[-1:] in (("get_object_or_404",), ("get_list_or_404",)):
            yield f"{module.at(call)} calls {names[-1]}; objects come through access.py"
        elif "objects" in names and names[-1] in LOOKUPS:
            yield f"{module.at(call)} calls {'.'.join(names)}; that is for access.py and querysets"


def writes_rows_of_other_apps(module: Module) -> Iterator[str]:
    foreign = {
        name.split(".")[-1]: name
        for _, name in module.imports()
        if (app := name.split(".")[0]) in APPS and app != module.folder and ".models." in name
    }
    for call, names in module.calls():
        if names and names[0] in foreign and (len(names) == 1 or ("objects" in names and names[-1] in WRITES)):
            yield f"{module.at(call)} writes {foreign[names[0]]} by itself; its app's actions do that"


def reads_environment(module: Module) -> Iterator[str]:
    if module.path in ENVIRONMENT_READERS or module.folder == "bench":
        return
    choosing = {
        id(call.func.value)
        for call, names in module.calls()
        if names == ("os", "environ", "setdefault")
        and isinstance(call.func, ast.Attribute)
        and isinstance(call.args[0], ast.Constant)
        and call.args[0].value == "DJANGO_SETTINGS_MODULE"
    }
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv") and id(node) not in choosing:
            yield f"{module.at(node)} reads the environment; settings/env.py does that"


def is_a_grab_bag(module: Module) -> Iterator[str]:
    for part in module.path.removesuffix(".py").split("/"):
        if part in ("utils", "helpers", "core"):
            yield f"{module.path} is named {part}: name it for its idea"


def has_unfinished_notes(module: Module) -> Iterator[str]:
    yield from unfinished_notes(module.path, module.source)


def unfinished_notes(path: str, text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), 1):
        if re.search(r"\b(TODO|FIXME|XXX)\b", line):
            yield f"{path}:{number} leaves something undone"


# Templates, CSS and JavaScript


class MarkupReader(HTMLParser):
    """Collects what a content security policy would block."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.offenders: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        line, _ = self.getpos()
        if tag == "style" or (tag == "script" and "src" not in given and given.get("type") != "application/json"):
            self.offenders.append(f"{self.path}:{line} has an inline <{tag}>")
        for name, value in attrs:
            if name == "style" or name.startswith(("on", "hx-on")) or (value or "").startswith("javascript:"):
                self.offenders.append(f"{self.path}:{line} has {name}= on <{tag}>")


def inline_code(path: str, text: str) -> list[str]:
    reader = MarkupReader(path)
    # Line breaks are kept, so that the numbers are those of the file.
    reader.feed(re.sub(r"\{[%#].*?[%#]\}|\{\{.*?\}\}", lambda tag: "\n" * tag[0].count("\n"), text, flags=re.S))
    return reader.offenders


def forbidden_css(path: str, text: str) -> Iterator[str]:
    """Ids in selectors, and `!important`. A selector is what stands before a `{`."""
    text = re.sub(r"/\*.*?\*/|\"[^\"]*\"|'[^']*'", lambda gone: "\n" * gone[0].count("\n"), text, flags=re.S)
    for found in re.finditer(r"([^{};]*)\{|!\s*important", text):
        line = text.count("\n", 0, found.end()) + 1
        selector = (found[1] or "").strip()
        if found[1] is None:
            yield f"{path}:{line} uses !important"
        elif not selector.startswith("@") and "#" in selector:
            yield f"{path}:{line} selects by id: {selector}"


# Database


def points_up(source: str, target: str) -> bool:
    return target in APPS and APPS.index(target) < APPS.index(source)


def irreversible(operations: Iterable[migrations.operations.base.Operation]) -> Iterator[str]:
    for operation in operations:
        if isinstance(operation, migrations.SeparateDatabaseAndState):
            yield from irreversible(operation.database_operations)
        elif not operation.reversible:
            yield operation.describe()
