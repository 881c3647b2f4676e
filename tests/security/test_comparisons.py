"""Secrets are compared in constant time, or found by their hash: never with `==`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.support.source import Module, modules

SECRET = re.compile(r"(.*_)?(secret|token|password|signature|hash|digest|nonce|api_key|csrf|hmac|mac)")
# What is compared there is no secret.
EXCEPTIONS = {
    "chat/actions/turns.py": "the sum of what the person sent themselves",
    "convoscope/bundles.py": "the sum of a file that everybody may have",
    "providers/cache/wording.py": "words of a question",
}


def compares_a_secret(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Compare) and any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops):
            sides = [node.left, *node.comparators]
            if any(isinstance(side, ast.Constant) for side in sides):
                continue
            names = [one.id if isinstance(one, ast.Name) else getattr(one, "attr", "") for one in sides]
            if any(SECRET.fullmatch(name) for name in names):
                yield f"{module.at(node)} compares {ast.unparse(node)}"


def test_no_secret_is_compared_by_its_letters() -> None:
    found = [
        one
        for module in modules("accounts", "chat", "providers", "convoscope")
        if module.path not in EXCEPTIONS
        for one in compares_a_secret(module)
    ]
    assert found == []


@pytest.mark.parametrize("line", ["key.hash == given", "token != row.token", "if secret == other: pass"])
def test_such_a_comparison_is_seen(line: str) -> None:
    assert list(compares_a_secret(Module.of("x.py", line)))
