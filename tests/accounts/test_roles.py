"""Roles hold from one request to the next, and come with the person that the session names."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, User
from accounts.roles import has_role
from accounts.sessions import person_of_session

ClientOf = Callable[[User], Client]
pytestmark = pytest.mark.django_db


def give(person: User, *roles: Role) -> None:
    person.groups.set(Group.objects.filter(name__in=roles))


@pytest.mark.parametrize("roles", [(), (Role.USER,), (Role.USER, Role.MODERATOR, Role.ANALYST)])
def test_a_page_asks_for_the_person_and_their_roles_at_once(
    alice: User, client_of: ClientOf, roles: tuple[Role, ...]
) -> None:
    give(alice, *roles)
    client = client_of(alice)
    client.get("/")
    with CaptureQueriesContext(
        connection,
    ) as captured:
        page = client.get("/").text
    of_person = [
        one["sql"] for one in captured if "auth_group" in one["sql"] or '"accounts_user"."email"' in one["sql"]
    ]
    assert len(of_person) == 1, of_person
    assert ('href="/reports/"' in page) is (Role.ANALYST in roles)


def test_a_role_holds_from_the_next_request_on_and_no_longer(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    assert client.get("/reports/").status_code == 404
    give(alice, Role.USER, Role.ANALYST)
    assert client.get("/reports/").status_code == 200
    give(alice, Role.USER)
    assert client.get("/reports/").status_code == 404
    assert 'href="/reports/"' not in client.get("/").text


@pytest.mark.parametrize(
    ("role", "may"), [(Role.USER, False), (Role.MODERATOR, False), (Role.ANALYST, True), (Role.ADMINISTRATOR, True)]
)
def test_an_administrator_may_what_every_role_may(alice: User, role: Role, may: bool) -> None:
    give(alice, role)
    assert has_role(alice, Role.ANALYST) is may
    assert has_role(User.objects.create_superuser(email="root@example.org", password="x" * 20), Role.ANALYST)


def test_who_is_suspended_or_gone_is_nobody(alice: User, client_of: ClientOf) -> None:
    key = client_of(alice).session.session_key
    give(alice, Role.USER, Role.ANALYST)
    assert key is not None
    assert person_of_session(key) == alice
    User.objects.filter(id=alice.id).update(is_active=False)
    assert person_of_session(key) is None
    alice.delete()
    assert person_of_session(key) is None
