"""`manage.py encrypt_content`: brings what is stored into the form that ENCRYPT_CONTENT asks for."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from chat.stored_content import store_anew


class Command(BaseCommand):
    help = (
        "Encrypt what people wrote and were answered, under the newest key, or bring it back into clear where"
        " ENCRYPT_CONTENT is off; a few hundred rows at a time, while the app goes on."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        done = store_anew()
        self.stdout.write(f"Values stored anew: {done.values}. Files: {done.files}.")
        if done.unreadable:
            raise CommandError(
                f"{done.unreadable} could not be read and were left as they are: FIELD_ENCRYPTION_KEYS lacks their key."
            )
