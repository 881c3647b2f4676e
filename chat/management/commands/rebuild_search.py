"""`manage.py rebuild_search`: indexes every title and message anew."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from chat.search import index


class Command(BaseCommand):
    help = "Index every title and message anew, a few hundred at a time, while the app goes on."

    def handle(self, *args: Any, **options: Any) -> None:
        index.make_triggers()
        count = index.rebuild()
        self.stdout.write(f"Titles and messages looked at: {count}")
