"""One act is one entry: what has a name of its own isn't written a second time as a change in the admin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.test import Client

from accounts.actions.people import give_role
from accounts.models import AuditEntry, Membership, Role, Team, User
from tests.support.entrance import PASSWORD, link_in_mail, sign_up
from tests.support.factors import with_app

ClientOf = Callable[[User], Client]
Told = list[tuple[str, str, bool]]


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_superuser(email="root@example.org", password=PASSWORD)


@pytest.fixture
def desk(root: User, client_of: ClientOf) -> Client:
    return client_of(root)


def told(by: User, concerns: User | None = None) -> Told:
    """Each with what it was done to, and whether it concerns that person; where from is with all of them."""
    entries = AuditEntry.objects.filter(actor=by.pseudonym.id).select_related("origin").order_by("number")
    # Signing in isn't what these tests are about.
    entries = entries.exclude(action__startswith="session.")
    assert all(entry.origin.address for entry in entries)
    subject = concerns.pseudonym.id if concerns else None
    return [(one.action, one.object_type, one.subject == subject) for one in entries]


def rows(number: int, **given: str) -> dict[str, str]:
    """Of a team's members."""
    form = {"TOTAL_FORMS": str(number), "INITIAL_FORMS": "0", "MIN_NUM_FORMS": "0", "MAX_NUM_FORMS": "1000"} | given
    return {f"memberships-{name}": value for name, value in form.items()}


@pytest.mark.parametrize(
    ("path", "form", "entry"),
    [
        ("invitation", {"address": "bea@example.org", "role": "user"}, ("invitation.made", "accounts.invitation")),
        ("terms", {"text": "Be kind."}, ("terms.published", "accounts.terms")),
    ],
    ids=["invitation", "terms"],
)
def test_what_is_added(root: User, desk: Client, path: str, form: dict[str, str], entry: tuple[str, str]) -> None:
    assert desk.post(f"/admin/accounts/{path}/add/", form).status_code == 302
    assert told(root) == [(*entry, True)]


def test_a_legal_hold(root: User, desk: Client, alice: User) -> None:
    desk.post("/admin/accounts/legalhold/add/", {"user": str(alice.id), "reason": "A dispute"})
    assert told(root, alice) == [("legal_hold.placed", "accounts.legalhold", True)]


@pytest.mark.django_db(transaction=True)
def test_a_factor_that_is_taken_away(root: User, desk: Client, alice: User) -> None:
    with_app(alice)
    factor = Authenticator.objects.get()
    assert desk.post(f"/admin/mfa/authenticator/{factor.pk}/delete/", {"post": "yes"}).status_code == 302
    assert told(root, alice) == [("factor.removed", "mfa.authenticator", True)]
    assert AuditEntry.objects.get(action="factor.removed").object_id == str(factor.pk)


def save_person(desk: Client, person: User, **given: Any) -> None:
    form = {"email": person.email, "tier": "", "is_active": "on", "theme": "system", "language": "en"} | given
    form |= {"last_login_0": "", "last_login_1": ""}
    assert desk.post(f"/admin/accounts/user/{person.id}/change/", form).status_code == 302


def test_rights(root: User, desk: Client, alice: User) -> None:
    give_role(user=alice, role=Role.USER)
    give_role(user=root, role=Role.MODERATOR)
    moderator = Group.objects.get(name=Role.MODERATOR)
    save_person(desk, alice, tier="starter", groups=[moderator.pk])
    assert told(root, alice) == [("person.rights_changed", "", True)]


def test_rights_and_a_name(root: User, desk: Client, alice: User) -> None:
    save_person(desk, alice, tier="starter", first_name="Alice")
    assert told(root, alice) == [("person.rights_changed", "", True), ("admin.user.changed", "", True)]
    assert AuditEntry.objects.get(action="admin.user.changed").details["changes"] == [
        {"changed": {"fields": ["First name"]}}
    ]


def test_who_comes_into_a_team_and_leaves(root: User, desk: Client, alice: User) -> None:
    team = Team.objects.create(name="Makers")
    joins = {"name": team.name} | rows(1, **{"0-user": str(alice.pk), "0-team": str(team.pk)})
    assert desk.post(f"/admin/accounts/team/{team.pk}/change/", joins).status_code == 302
    membership = {"0-user": str(alice.pk), "0-team": str(team.pk), "0-id": str(Membership.objects.get().pk)}
    leaves = {"name": "Bakers"} | rows(1, INITIAL_FORMS="1", **membership, **{"0-DELETE": "on"})
    assert desk.post(f"/admin/accounts/team/{team.pk}/change/", leaves).status_code == 302
    assert told(root, alice) == [
        ("team.joined", "accounts.team", True),
        ("team.left", "accounts.team", True),
        ("admin.team.changed", "accounts.team", False),
    ]
    assert AuditEntry.objects.get(action="admin.team.changed").details["changes"] == [{"changed": {"fields": ["Name"]}}]


@pytest.mark.django_db
def test_an_address_is_confirmed_or_changed(mail: None) -> None:
    client = Client()
    sign_up("dora@example.org", client=client)
    client.post(link_in_mail())
    dora = User.objects.get()
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    client.post("/accounts/email/", {"email": "dora@example.com", "action_add": ""})
    client.post(link_in_mail())
    assert EmailAddress.objects.get().email == "dora@example.com"
    told_of_addresses = [action for action, _thing, _is in told(dora) if action.startswith("address.")]
    assert told_of_addresses == ["address.confirmed", "address.added", "address.changed"]
