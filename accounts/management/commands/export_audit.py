"""`manage.py export_audit`: the audit log as JSON lines."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from accounts.audit.export import json_lines


class Command(BaseCommand):
    help = "Writes the audit log to standard output, an entry a line, the oldest first."

    def handle(self, *args: Any, **options: Any) -> None:
        for line in json_lines():
            self.stdout.write(line.decode())
