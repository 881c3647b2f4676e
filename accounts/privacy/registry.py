"""The register: each model whose rows lead to a person, with what an export says of them and what an erasure does to
them. Each app registers its own in its `privacy.py`, from `AppConfig.ready`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db.models import CharField, Model, Q, QuerySet, TextField, UUIDField
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from accounts.privacy.data_classes import DataClass


class Erase(StrEnum):
    DELETED = "deleted"
    UNLINKED = "unlinked"
    KEPT = "kept"


ERASED: dict[Erase, Promise] = {
    Erase.DELETED: gettext_lazy("Deleted"),
    Erase.UNLINKED: gettext_lazy("Kept without the person"),
    Erase.KEPT: gettext_lazy("Kept"),
}


@dataclass(frozen=True, slots=True)
class Rows:
    """Exported as a table: these columns (paths of the ORM) as `account/<file>.json` and `.csv`. Where something in a
    row isn't for the person to read, `readable` is given its values by column, and gives those that are."""

    file: str
    columns: tuple[str, ...]
    readable: Callable[[dict[str, Any]], dict[str, Any]] | None = None


@dataclass(frozen=True, slots=True)
class Inside:
    """Exported within other files of the archive, whose names begin so."""

    where: str


@dataclass(frozen=True, slots=True)
class NotExported:
    why: Promise


Export = Rows | Inside | NotExported
Find = Callable[[UUID], Q]


@dataclass(frozen=True, slots=True)
class Table:
    """What holds for the rows of one model that are a person's, which `find` finds by the person's id.

    `clears` is what an erasure sets in rows that stay without the person; `why` is the reason where anything stays.
    """

    model: str
    find: Find
    data_class: DataClass
    export: Export
    erase: Erase = Erase.DELETED
    clears: tuple[tuple[str, Any], ...] = ()
    why: Promise | str = ""

    @property
    def model_class(self) -> type[Model]:
        return apps.get_model(self.model)

    @property
    def key(self) -> str:
        """What its rows are counted under."""
        return f"{self.model}.{self.erase}"

    @property
    def erased(self) -> Promise:
        return ERASED[self.erase]

    def rows(self, user_id: UUID) -> QuerySet[Any]:
        # The base manager: what some lists leave out is the person's too.
        return self.model_class._base_manager.filter(self.find(user_id))


@dataclass(frozen=True, slots=True)
class System:
    """One step of an erasure: its own `work` first, such as deleting files, then what its tables say.

    `work` is told the person's id. It may be done again after it was killed at any point, and leaves what it didn't
    come to in its time to the next attempt, which finds rows of its tables left.
    """

    name: str
    label: Promise
    tables: tuple[Table, ...] = ()
    work: Callable[[UUID], None] | None = None


def of(*paths: str) -> Find:
    """Rows from which one of these paths leads to the person."""

    def find(user_id: UUID) -> Q:
        found = Q()
        for path in paths:
            found |= Q(**{path: user_id})
        return found

    return find


_registered: dict[str, tuple[System, ...]] = {}


def register(app: str, systems: Iterable[System]) -> None:
    _registered[app] = tuple(systems)


def systems() -> list[System]:
    """In the order of an erasure: apps that stand higher come first, so that the person goes last."""
    return [system for app in reversed(_registered) for system in _registered[app]]


def tables() -> Iterator[Table]:
    for system in systems():
        yield from system.tables


def undeclared() -> list[str]:
    """The models that may lead to a person, and that no app has registered."""
    declared = {table.model_class for table in tables()}
    return sorted(model._meta.label for model in _leading_to_people() - declared)


def _leading_to_people() -> set[type[Model]]:
    """By foreign keys, straight or through others, or by a column that may name a person, or a thing of theirs, without
    one."""
    models = apps.get_models(include_auto_created=True)
    found: set[type[Model]] = {get_user_model()}
    found |= {model for model in models if any(_may_name_somebody(field) for field in model._meta.concrete_fields)}
    size = 0
    while len(found) > size:
        size = len(found)
        found |= {model for model in models if any(_is_key_to(field, found) for field in model._meta.concrete_fields)}
    return found


def _is_key_to(field: Any, models: set[type[Model]]) -> bool:
    return bool(field.is_relation and field.related_model in models)


# Columns of text that hold the id of something
_NAMING = ("object_id", "session_key", "scope")


def _may_name_somebody(field: Any) -> bool:
    if field.is_relation:
        return False
    if isinstance(field, UUIDField):
        return field.name != "id"
    return isinstance(field, CharField | TextField) and field.name in _NAMING
