"""The admin: one sign-in, who gets in, what is shown, and that no list asks more for more rows."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.actions.people import make_administrator
from accounts.models import APIKey, AuditEntry, Pseudonym, Role, Team, User
from accounts.roles import is_administrator
from tests.support.entrance import sign_in, text_of

ClientOf = Callable[[User], Client]
PASSWORD = "four unrelated words"


@pytest.fixture
def administrator(db: None) -> User:
    return User.objects.create_superuser(email="root@example.org", password=PASSWORD)


@pytest.fixture
def admin(administrator: User, client_of: ClientOf) -> Client:
    return client_of(administrator)


def test_the_migration_makes_the_four_roles_and_takes_them_back(db: None) -> None:
    migration = import_module("accounts.migrations.0003_roles")
    editor = SimpleNamespace(connection=connection)
    migration.make_roles(apps, editor)
    migration.make_roles(apps, editor)
    assert sorted(Group.objects.values_list("name", flat=True)) == sorted(Role.values)
    migration.remove_roles(apps, editor)
    assert not Group.objects.exists()


def test_a_visitor_signs_in_through_the_sites_own_form(administrator: User) -> None:
    client = Client()
    asked = client.get("/admin/", follow=True)
    assert asked.redirect_chain[-1][0].startswith("/accounts/login/?next=%2Fadmin%2F")
    assert sign_in("root@example.org", PASSWORD, client=client, next="/admin/").headers["Location"] == "/admin/"
    assert "Convoscope" in text_of(client.get("/admin/"))


@pytest.mark.parametrize("path", ["/admin/", "/admin/accounts/user/", "/admin/login/", "/admin/chat/conversation/"])
def test_charlie_is_told_that_it_is_not_for_him(charlie: User, client_of: ClientOf, path: str) -> None:
    refused = client_of(charlie).get(path, follow=True)
    assert refused.status_code == 403
    assert "It is for administrators." in text_of(refused)


def test_staff_without_all_rights_see_no_conversations(alice: User, client_of: ClientOf) -> None:
    User.objects.filter(id=alice.id).update(is_staff=True)
    client = client_of(User.objects.get(id=alice.id))
    assert "conversation" not in text_of(client.get("/admin/")).lower()
    for path in (
        "/admin/chat/conversation/",
        "/admin/chat/run/",
        "/admin/providers/attempt/",
        "/admin/accounts/apikey/",
    ):
        assert client.get(path).status_code == 403


def test_a_person_is_added_by_address(admin: Client) -> None:
    fields = {"email": "Bob@Example.org", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    assert admin.post("/admin/accounts/user/add/", fields).status_code == 302
    bob = User.objects.get(email="bob@example.org")
    assert bob.check_password(PASSWORD)
    assert [group.name for group in bob.groups.all()] == [Role.USER]
    assert sign_in("bob@example.org").status_code == 302
    again = admin.post("/admin/accounts/user/add/", fields | {"email": "BOB@example.org"})
    assert "There is an account with this address already." in text_of(again)


def test_nobody_is_left_half_an_administrator(admin: Client, charlie: User) -> None:
    """By the role alone they would go on deciding about moderators, and their keys administering."""
    make_administrator(user=charlie)
    path = f"/admin/accounts/user/{charlie.id}/change/"
    fields = {"email": charlie.email, "theme": "system", "language": "en", "is_active": "on", "is_staff": "on"}
    fields |= {"date_joined_0": "2026-03-01", "date_joined_1": "12:00:00"}
    role = str(Group.objects.get(name=Role.ADMINISTRATOR).pk)
    refused = admin.post(path, fields | {"groups": role})
    assert "The role administrator and this status go together: give both, or take both away." in text_of(refused)
    assert is_administrator(User.objects.get(id=charlie.id))
    assert admin.post(path, fields).status_code == 302
    assert not is_administrator(User.objects.get(id=charlie.id))


def test_the_only_administrator_stays_one(admin: Client, administrator: User, charlie: User) -> None:
    path = f"/admin/accounts/user/{administrator.id}/change/"
    fields = {"email": administrator.email, "theme": "system", "language": "en", "is_staff": "on"}
    fields |= {"date_joined_0": "2026-03-01", "date_joined_1": "12:00:00"}
    assert "This is the only administrator. Make somebody else one first." in text_of(admin.post(path, fields))
    assert User.objects.get(id=administrator.id).is_superuser
    make_administrator(user=charlie)
    assert admin.post(path, fields).status_code == 302


def test_a_new_password_is_set_for_who_forgot_theirs(admin: Client, alice: User) -> None:
    path = f"/admin/accounts/user/{alice.id}/password/"
    assert admin.get(path).status_code == 200
    fields = {"usable_password": "true", "password1": "set by the admin", "password2": "set by the admin"}
    assert admin.post(path, fields | {"set-password": ""}).status_code == 302
    assert sign_in("alice@example.org", "set by the admin").status_code == 302


def test_an_address_that_is_changed_leaves_no_way_in_by_the_old_one(admin: Client, alice: User) -> None:
    client = Client()
    sign_in("alice@example.org", "a long enough password", client=client)
    client.get("/accounts/email/")
    page = admin.get(f"/admin/accounts/user/{alice.id}/change/")
    fields = {
        name: value
        for name, value in page.context["adminform"].form.initial.items()
        if isinstance(value, str) and name != "password"
    }
    changed = admin.post(f"/admin/accounts/user/{alice.id}/change/", fields | {"email": "alice.new@example.org"})
    assert changed.status_code == 302, text_of(changed)
    assert sign_in("alice@example.org", "a long enough password").status_code == 200
    assert sign_in("alice.new@example.org", "a long enough password").status_code == 302


def test_a_key_is_shown_without_its_hash_and_cant_be_changed(admin: Client, alice: User) -> None:
    key = APIKey.objects.create(user=alice, name="laptop", prefix="cvs_abcd", hash="f" * 64, scopes=["chat"])
    page = admin.get(f"/admin/accounts/apikey/{key.id}/change/")
    assert "cvs_abcd" in text_of(page)
    assert "f" * 64 not in page.content.decode()
    assert admin.get("/admin/accounts/apikey/add/").status_code == 403
    assert admin.post(f"/admin/accounts/apikey/{key.id}/delete/", {"post": "yes"}).status_code == 403


def test_a_team_gets_members(admin: Client, alice: User) -> None:
    fields = {
        "name": "Research",
        "memberships-TOTAL_FORMS": "1",
        "memberships-INITIAL_FORMS": "0",
        "memberships-0-user": str(alice.id),
    }
    assert admin.post("/admin/accounts/team/add/", fields).status_code == 302
    team = Team.objects.get()
    assert list(team.members.all()) == [alice]
    entry = AuditEntry.objects.get(action="team.joined")
    assert (entry.subject, entry.object_id) == (Pseudonym.objects.get(user=alice).id, str(team.id))
    leaves = {
        "name": "Research",
        "memberships-TOTAL_FORMS": "1",
        "memberships-INITIAL_FORMS": "1",
        "memberships-0-id": str(team.memberships.get().id),
        "memberships-0-team": str(team.id),
        "memberships-0-user": str(alice.id),
        "memberships-0-DELETE": "on",
    }
    assert admin.post(f"/admin/accounts/team/{team.id}/change/", leaves).status_code == 302
    assert not team.members.exists()
    assert AuditEntry.objects.get(action="team.left").subject == entry.subject
    told = str(list(AuditEntry.objects.values_list("details", flat=True)))
    # Who left is an entry of its own, not a change of the team too.
    assert "membership" not in told
    assert str(alice.id) not in told
    assert "There is a team with this name already." in text_of(
        admin.post("/admin/accounts/team/add/", fields | {"name": "RESEARCH"})
    )


def test_the_list_of_people_asks_no_more_for_more(
    admin: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        User.objects.create_user(email=f"person{number}@example.org")
    with django_assert_max_num_queries(8):
        page = admin.get("/admin/accounts/user/?q=person")
    assert "person29@example.org" in text_of(page)


def test_people_are_not_deleted_by_hand(admin: Client, alice: User) -> None:
    assert admin.post(f"/admin/accounts/user/{alice.id}/delete/", {"post": "yes"}).status_code == 403


def test_its_password_page_is_the_sites(admin: Client) -> None:
    assert admin.get("/admin/password_change/").headers["Location"] == "/accounts/password/change/"


def test_the_command_makes_an_administrator(alice: User) -> None:
    call_command("make_administrator", "ALICE@example.org")
    alice.refresh_from_db()
    assert alice.is_superuser
    with pytest.raises(CommandError, match="Sign up with it first"):
        call_command("make_administrator", "nobody@example.org")
