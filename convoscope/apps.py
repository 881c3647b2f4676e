from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created


class ConvoscopeConfig(AppConfig):
    name = "convoscope"

    def ready(self) -> None:
        if settings.DATABASE_ECHO:
            connection_created.connect(_log_sql)


def _log_sql(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    # Otherwise Django logs SQL only where DEBUG shows errors to everybody.
    connection.force_debug_cursor = True
