"""`manage.py verify_audit`: whether the audit log is as it was written."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.audit.chain import breaks
from accounts.models import AuditEntry


class Command(BaseCommand):
    help = "Checks that no entry of the audit log was changed, removed or put in."

    def handle(self, *args: Any, **options: Any) -> None:
        found = 0
        for one in breaks():
            found += 1
            self.stderr.write(f"entry {one.number}: {one.fault}")
        if found:
            raise CommandError(f"The audit log does not hold: {found} places.")
        self.stdout.write(f"The audit log holds: {AuditEntry.objects.count()} entries.")
