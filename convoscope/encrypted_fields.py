"""Fields of what people write and are answered, see `encrypted_content`. To the database and to migrations they are
Django's own: a historical model reads what is stored."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from django.conf import settings
from django.core.exceptions import FieldError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from convoscope.encrypted_content import MARK, from_stored, to_stored

if TYPE_CHECKING:
    TextField = models.TextField[str, str]
else:
    TextField = models.TextField


class Encrypted:
    """Stands before the field whose values it encrypts."""

    model: type[models.Model]
    name: str

    @property
    def place(self) -> str:
        return f"{self.model._meta.label}.{self.name}"

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


Rows = TypeVar("Rows", bound="models.QuerySet[Any]")


def without_content(rows: Rows) -> Rows:
    """Without what may be encrypted: what is to go has to go also where its key is lost, and isn't decrypted for it."""
    return rows.defer(*(field.name for field in rows.model._meta.local_fields if isinstance(field, Encrypted)))


class EncryptedTextField(Encrypted, TextField):
    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        return super().get_db_prep_save(self._to_stored(value) if isinstance(value, str) else value, connection)

    def from_db_value(self, value: str | None, expression: Any, connection: BaseDatabaseWrapper) -> str | None:
        return value and self._from_stored(value)


class EncryptedJSONField(Encrypted, models.JSONField):
    """Its value is a list or an object; encrypted, it is a text to the database."""

    def get_transform(self, lookup_name: str) -> Any:
        raise FieldError(f"{self.place} may be encrypted: it can't be asked for by {lookup_name}")

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        # In clear it never begins as what is encrypted does: it needn't be written out to be looked at.
        if value and settings.ENCRYPT_CONTENT and isinstance(value, list | dict):
            value = self._to_stored(json.dumps(value, cls=self.encoder))
        return super().get_db_prep_save(value, connection)

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Any:
        value = super().from_db_value(value, expression, connection)
        return json.loads(self._from_stored(value), cls=self.decoder) if isinstance(value, str) else value


class EncryptedBinaryField(Encrypted, models.BinaryField):  # type: ignore[type-arg]  # as Django's own
    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        if isinstance(value, bytes):
            value = to_stored(value, place=self.place)
        return super().get_db_prep_save(value, connection)

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> bytes | None:
        return None if value is None else from_stored(bytes(value), place=self.place)
