"""The product's own files as the architecture tests read them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Top to bottom: each may import those after it, and no foreign key points the other way.
APPS = ("api", "chat", "agents", "knowledge", "providers", "accounts")
PRODUCT = (*APPS, "convoscope", "bench")


@dataclass(frozen=True, slots=True)
class Module:
    """One Python file, named by its path from the root."""

    path: str
    source: str
    tree: ast.Module = field(repr=False)

    @classmethod
    def of(cls, path: str, source: str) -> Module:
        return cls(path, source, ast.parse(source, path))

    @property
    def folder(self) -> str:
        return self.path.split("/")[0]

    def at(self, node: ast.stmt | ast.expr | ast.excepthandler) -> str:
        return f"{self.path}:{node.lineno}"

    def imports(self) -> Iterator[tuple[ast.stmt, str]]:
        """Each imported name in full, also those inside functions: `from a import b` is `a.b`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                package = ".".join(self.path.split("/")[: -node.level]) if node.level else ""
                base = ".".join(part for part in (package, node.module) if part)
                yield from ((node, f"{base}.{alias.name}") for alias in node.names)

    def calls(self) -> Iterator[tuple[ast.Call, tuple[str, ...]]]:
        """Each call with the names that lead to it: `A.objects.filter(x).update(y)` is A, objects, filter, update."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                yield node, chain(node.func)


def chain(node: ast.expr) -> tuple[str, ...]:
    match node:
        case ast.Name(id=name):
            return (name,)
        case ast.Attribute(value=value, attr=name):
            return (*chain(value), name)
        case ast.Call(func=function):
            return chain(function)
        case ast.Subscript(value=value):
            return chain(value)
        case _:
            return ()


@cache
def modules(*folders: str) -> tuple[Module, ...]:
    """Every Python file below these folders but migrations, which Django writes."""
    found = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return tuple(
        Module.of(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
        for path in found
        if "migrations" not in path.parts
    )


def texts(folder: str, *suffixes: str) -> dict[str, str]:
    """Files with these endings, by path from the root."""
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in suffixes
    }
