"""Fields of what people write and are answered, see `encrypted_content`. To the database and to migrations they are
Django's own: a historical model reads what is stored."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.conf import settings
from django.core.exceptions import FieldError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.query_utils import DeferredAttribute

from convoscope.encrypted_content import MARK, Unreadable, from_stored, mark_unreadable, to_stored, unreadable_marked

Row = TypeVar("Row", bound=models.Model)
Rows = TypeVar("Rows", bound="models.QuerySet[Any]")

if TYPE_CHECKING:
    TextField = models.TextField[str, str]
else:
    TextField = models.TextField


@dataclass(frozen=True, slots=True)
class Locked:
    """A value whose key this site lacks, as it is stored. A row is read with it, and saved with it as it is; whoever
    asks the row for the content is told. Queries that give values instead of rows give it as it is: `unlocked`."""

    stored: str | bytes
    kind: type[str] | type[bytes] | type[list[Any]] | type[dict[str, Any]]

    def marked(self) -> Any:
        """Raises: Unreadable, see `mark_unreadable`."""
        words = mark_unreadable(self.stored if isinstance(self.stored, bytes) else self.stored.encode())
        return MarkedText(words, self) if self.kind is str else _EMPTY[self.kind](self)


class MarkedText(str):
    """The words in the place of a text. What keeps it keeps what they stand for."""

    locked: Locked

    def __new__(cls, words: str, locked: Locked) -> Self:
        marked = super().__new__(cls, words)
        marked.locked = locked
        return marked


class MarkedBytes(bytes):
    locked: Locked

    def __new__(cls, locked: Locked) -> Self:
        marked = super().__new__(cls)
        marked.locked = locked
        return marked


class MarkedList(list[Any]):
    def __init__(self, locked: Locked) -> None:
        super().__init__()
        self.locked = locked


class MarkedDict(dict[str, Any]):
    def __init__(self, locked: Locked) -> None:
        super().__init__()
        self.locked = locked


_MARKED = (MarkedText, MarkedBytes, MarkedList, MarkedDict)
_EMPTY: dict[Any, Any] = {bytes: MarkedBytes, list: MarkedList, dict: MarkedDict}


def is_marked(value: object) -> bool:
    """Whether something stands there in the place of what can't be read."""
    return isinstance(value, _MARKED)


def unlocked(value: Any) -> Any:
    """A value of a query that gives no rows.

    Raises: Unreadable, see `mark_unreadable`.
    """
    return value.marked() if isinstance(value, Locked) else value


def mark_locked(row: Row) -> Row:
    """The row, with words in the place of what can't be read of it, also for who asks it later. Saved, it is as it
    was."""
    with unreadable_marked():
        for name, value in row.__dict__.items():
            row.__dict__[name] = unlocked(value)
    return row


class _Content(DeferredAttribute):
    def __get__(self, instance: models.Model | None, cls: type[models.Model] | None = None) -> Any:
        if instance is None:
            return self
        name = self.field.attname
        return unlocked(instance.__dict__[name] if name in instance.__dict__ else super().__get__(instance, cls))

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = value.locked if isinstance(value, _MARKED) else value


class Encrypted:
    """Stands before the field whose values it encrypts."""

    descriptor_class: type[DeferredAttribute] = _Content
    model: type[models.Model]
    name: str
    attname: str

    @property
    def place(self) -> str:
        return f"{self.model._meta.label}.{self.name}"

    def pre_save(self, instance: models.Model, add: bool) -> Any:
        """Also what nobody can read."""
        kept = instance.__dict__.get(self.attname)
        return kept if isinstance(kept, Locked) else super().pre_save(instance, add)  # type: ignore[misc]  # the field's

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, _path, args, kwargs = super().deconstruct()  # type: ignore[misc]  # the field's
        kind = next(base for base in type(self).__bases__ if base is not Encrypted)
        return name, f"django.db.models.{kind.__name__}", args, kwargs

    def get_lookup(self, lookup_name: str) -> type[Any] | None:
        """No query looks into them: it would find what is in clear alone."""
        if lookup_name not in ("exact", "isnull"):
            raise FieldError(f"{self.place} may be encrypted: it can't be asked for by {lookup_name}")
        found: type[Any] | None = super().get_lookup(lookup_name)  # type: ignore[misc]  # the field's
        return found

    def _to_stored(self, text: str) -> str:
        return to_stored(text.encode(), place=self.place).decode()

    def _from_stored(self, stored: str) -> str:
        """What is in clear is most often all there is, and is not looked at twice."""
        is_marked = stored.startswith(MARK)
        return from_stored(stored.encode(), place=self.place).decode() if is_marked else stored


def without_content(rows: Rows) -> Rows:
    """Without what may be encrypted: what is to go has to go also where its key is lost, and isn't decrypted for it."""
    return rows.defer(*(field.name for field in rows.model._meta.local_fields if isinstance(field, Encrypted)))


class EncryptedTextField(Encrypted, TextField):
    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        if isinstance(value, Locked | MarkedText):
            value = _as_stored(value)
        elif isinstance(value, str):
            value = self._to_stored(value)
        return super().get_db_prep_save(value, connection)

    def from_db_value(self, value: str | None, expression: Any, connection: BaseDatabaseWrapper) -> Any:
        if not value:
            return value
        try:
            return self._from_stored(value)
        except Unreadable:
            return Locked(value, str)


class EncryptedJSONField(Encrypted, models.JSONField):
    """Its value is a list or an object; encrypted, it is a text to the database."""

    def get_transform(self, lookup_name: str) -> Any:
        raise FieldError(f"{self.place} may be encrypted: it can't be asked for by {lookup_name}")

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        if isinstance(value, Locked | MarkedList | MarkedDict):
            value = _as_stored(value)
        # In clear it never begins as what is encrypted does: it needn't be written out to be looked at.
        if value and settings.ENCRYPT_CONTENT and isinstance(value, list | dict):
            value = self._to_stored(json.dumps(value, cls=self.encoder))
        return super().get_db_prep_save(value, connection)

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Any:
        value = super().from_db_value(value, expression, connection)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(self._from_stored(value), cls=self.decoder)
        except Unreadable:
            return Locked(value, type(self.get_default()))


class EncryptedBinaryField(Encrypted, models.BinaryField):  # type: ignore[type-arg]  # as Django's own
    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        if isinstance(value, Locked | MarkedBytes):
            value = _as_stored(value)
        elif isinstance(value, bytes):
            value = to_stored(value, place=self.place)
        return super().get_db_prep_save(value, connection)

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Any:
        try:
            return None if value is None else from_stored(bytes(value), place=self.place)
        except Unreadable:
            return Locked(bytes(value), bytes)


def _as_stored(value: Any) -> str | bytes:
    locked: Locked = value if isinstance(value, Locked) else value.locked
    return locked.stored
