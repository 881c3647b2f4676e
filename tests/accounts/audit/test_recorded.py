"""What people do with their accounts is in the log, with where they came from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.actions.audit import record
from accounts.actions.people import give_role
from accounts.admin.audited import AuditedAdmin
from accounts.admin.read_only import ReadOnlyAdmin
from accounts.models import AuditEntry, LegalHold, Pseudonym, Role, Team, User
from tests.support.entrance import sign_in, sign_up

ClientOf = Callable[[User], Client]
OLD, NEW = "a long enough password", "another good sentence"


def told() -> list[tuple[str, str, str]]:
    """Each with who did it, whom it concerns, by how their addresses begin."""
    names: dict[UUID | None, str] = {
        one.id: one.user.email.partition("@")[0] for one in Pseudonym.objects.select_related("user")
    }
    entries = AuditEntry.objects.order_by("number")
    return [(one.action, names.get(one.actor, ""), names.get(one.subject, "")) for one in entries]


@pytest.mark.django_db
def test_signing_up_in_and_out() -> None:
    client = Client(REMOTE_ADDR="192.0.2.9", HTTP_USER_AGENT="A browser")
    sign_up("dora@example.org", client=client)
    client.post("/accounts/logout/")
    assert told() == [
        ("person.made_administrator", "", "dora"),
        ("account.signed_up", "dora", "dora"),
        ("session.began", "dora", "dora"),
        ("session.ended", "dora", "dora"),
    ]
    origin = AuditEntry.objects.get(action="session.began").origin
    assert (origin.address, origin.browser) == ("192.0.2.9", "A browser")


def test_refused_sign_ins(alice: User) -> None:
    sign_in("alice@example.org", "wrong")
    sign_in("nobody@example.org", "wrong")
    assert told() == [("session.refused", "", "alice"), ("session.refused", "", "")]
    assert "nobody" not in str(AuditEntry.objects.values_list())


def test_a_changed_password(alice: User) -> None:
    client = Client()
    client.force_login(alice)
    form = {"oldpassword": OLD, "password1": NEW, "password2": NEW}
    assert client.post("/accounts/password/change/", form).status_code == 302
    assert ("password.changed", "alice", "alice") in told()


def test_rights_given_in_the_admin(alice: User, client_of: ClientOf) -> None:
    root = User.objects.create_superuser(email="root@example.org", password=OLD)
    give_role(user=alice, role=Role.USER)
    moderator = Group.objects.get(name=Role.MODERATOR)
    form: dict[str, Any] = {
        "email": alice.email,
        "tier": "starter",
        "theme": "dark",
        "language": "en",
    }
    form |= {"groups": [moderator.pk], "last_login_0": "", "last_login_1": ""}
    answer = client_of(root).post(f"/admin/accounts/user/{alice.id}/change/", form)
    assert answer.status_code == 302
    rights, changed = AuditEntry.objects.filter(subject=alice.pseudonym.id).order_by("number")
    assert (rights.action, rights.actor) == ("person.rights_changed", root.pseudonym.id)
    assert rights.details == {"tier": ["", "starter"], "roles": [["user"], ["moderator"]]}
    assert changed.action == "admin.user.changed"
    assert "dark" not in str(changed.details)


@pytest.mark.parametrize(
    ("path", "action", "refused"),
    [
        ("legalhold", "release", 'INSERT INTO "accounts_auditentry"'),
        ("team", "delete_selected", 'DELETE FROM "accounts_team"'),
    ],
)
def test_there_is_no_entry_without_the_deed_nor_the_deed_without_the_entry(
    alice: User, client_of: ClientOf, path: str, action: str, refused: str
) -> None:
    root = User.objects.create_superuser(email="root@example.org")
    hold = LegalHold.objects.create(user=alice, reason="A dispute", placed_by=root)
    chosen = {"legalhold": hold, "team": Team.objects.create(name="Payments")}[path]

    def refuse(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if sql.startswith(refused):
            raise OperationalError("no room")
        return execute(sql, *rest)

    form, client = {"action": action, "_selected_action": str(chosen.pk), "post": "yes"}, client_of(root)
    with connection.execute_wrapper(refuse):
        assert client.post(f"/admin/accounts/{path}/", form).status_code == 503
    assert LegalHold.objects.standing().exists()
    assert not AuditEntry.objects.filter(action__in=("legal_hold.released", "admin.team.deleted")).exists()


def test_every_admin_that_changes_things_says_so() -> None:
    for kind in admin.site._registry.values():
        assert isinstance(kind, (AuditedAdmin, ReadOnlyAdmin)), kind


def test_the_log_in_the_admin_names_people(alice: User, client_of: ClientOf) -> None:
    root = User.objects.create_superuser(email="root@example.org", password=OLD)
    client = client_of(root)
    for _ in range(3):
        record("thing.done", by=alice, concerns=alice)
    page = client.get("/admin/accounts/auditentry/").content.decode()
    assert page.count("alice@example.org") >= 6
    with CaptureQueriesContext(connection) as few:
        client.get("/admin/accounts/auditentry/")
    for _ in range(10):
        record("thing.done", by=alice)
    with CaptureQueriesContext(connection) as more:
        client.get("/admin/accounts/auditentry/")
    assert len(more) == len(few)
    number = AuditEntry.objects.latest("number").number
    assert "alice@example.org" in client.get(f"/admin/accounts/auditentry/{number}/change/").content.decode()
    assert client.post(f"/admin/accounts/auditentry/{number}/change/", {"reason": "x"}).status_code == 403
