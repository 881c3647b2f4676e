"""Every address of the app, whoever wrote it, with the cast in front of it and things behind it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from accounts.models import User
from tests.support.access import EXPECTED, LEFT_OUT, Line
from tests.support.belongings import Things, make_belongings, make_cast

# Of a pattern that is written as a regular expression, and of any other
PARAMETER = re.compile(r"\(\?P<(\w+)>[^)]*\)|<(?:\w+:)?(\w+)>")


@dataclass(frozen=True, slots=True)
class Address:
    key: str
    route: str
    parameters: tuple[str, ...]


def addresses(
    patterns: Iterable[Any],
    route: str = "",
    space: str = "",
    above: tuple[str, ...] = (),
    leaving_out: Collection[str] = (),
) -> list[Address]:
    found = []
    for one in patterns:
        path, parameters = route + str(one.pattern), (*above, *one.pattern.regex.groupindex)
        if isinstance(one, URLPattern):
            found.append(Address(f"{space}{one.name}" if one.name else path, path, parameters))
        elif path not in leaving_out:
            below = f"{space}{one.namespace}:" if one.namespace else space
            found += addresses(one.url_patterns, path, below, parameters, leaving_out)
    return found


# Those with a line in `tests/support/access.py`
ADDRESSES = [
    *addresses(get_resolver().url_patterns, leaving_out=LEFT_OUT),
    Address("admin:index", "admin/", ()),
]
# Those of allauth and of the admin too
ALL_ADDRESSES = addresses(get_resolver().url_patterns)


@dataclass
class Site:
    """The cast, each in a browser of their own, and what there is."""

    clients: dict[str, Client]
    things: Things

    def path(self, address: Address, line: Line) -> str:
        if address.key == address.route:
            return f"/{address.route}"
        return reverse(address.key, kwargs={name: self.things[line.of.get(name, name)] for name in address.parameters})

    def any_path(self, address: Address) -> str:
        """Also where no line says what is behind it: then a thing of that name, or none at all."""
        line = EXPECTED.get(address.key)
        if line is not None and address in ADDRESSES:
            return self.path(address, line)
        filled = PARAMETER.sub(lambda found: str(self.things.get(found[1] or found[2], 1)), address.route)
        return "/" + re.sub(r"[$^]", "", filled)


def make_site(client_of: Callable[[User], Client]) -> Site:
    cast = make_cast()
    things = make_belongings(cast["owner"])
    clients = {"visitor": Client()} | {name: client_of(person) for name, person in cast.items()}
    for client in clients.values():
        # Each would look through the static files for itself.
        client.handler = clients["visitor"].handler
    return Site(clients, things)


def stored() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, but for sessions."""
    with connection.cursor() as cursor:
        found = {}
        for table in connection.introspection.django_table_names(only_existing=True, include_views=False):
            if table != Session._meta.db_table:
                cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608  # names of ours
                found[table] = cursor.fetchall()
        return found


def pages_of_the_admin() -> Iterator[str]:
    """Each page of each of its models, for a row that there is."""
    for model, model_admin in admin.site._registry.items():
        first = model._default_manager.first()
        assert first, f"{model.__name__} has no row: add one to make_belongings"
        for one in addresses(model_admin.get_urls(), space="admin:"):
            if one.key.startswith("admin:"):
                yield reverse(one.key, kwargs=dict.fromkeys(one.parameters, first.pk))
