"""`manage.py make_administrator ADDRESS`: for who has an account and can't be named by signing up any more."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actions import people
from accounts.addresses import normal_address
from accounts.models import User


class Command(BaseCommand):
    help = "Makes the account with this address an administrator."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email=normal_address(options["address"])).first()
        if user is None:
            raise CommandError(f"There is no account with the address {options['address']}. Sign up with it first.")
        people.make_administrator(user=user)
        self.stdout.write(f"{user.email} is an administrator now.")
