"""Where a second factor is required: nothing but its set-up is open to who has none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.core import mail as mails
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from accounts.actions.people import give_role
from accounts.actions.sso import apply_claims
from accounts.models import AuditEntry, ClaimRule, Membership, Role, Team, User
from accounts.sessions import person_of_session, session_ended
from tests.accounts.test_second_factor import go_through
from tests.support.entrance import sign_in, text_of
from tests.support.factors import code_of, with_app, with_recovery_codes

ClientOf = Callable[[User], Client]
PASSWORD = "a long enough password"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def required(settings: Settings) -> None:
    settings.MFA_REQUIRED_ROLES = ["user"]


def in_team(person: User, *, requires: bool = True) -> Team:
    team = Team.objects.create(name="Payments", requires_second_factor=requires)
    Membership.objects.create(team=team, user=person)
    return team


def is_led(person: User) -> bool:
    client = Client()
    client.force_login(person)
    return bool(client.get("/preferences/").headers.get("Location") == "/accounts/2fa/")


@pytest.mark.parametrize(
    ("roles", "has", "led"),
    [
        ([], ["user", "moderator"], False),
        (["moderator"], ["user", "moderator"], True),
        (["moderator"], ["user"], False),
        (["analyst", "moderator"], ["analyst"], True),
        (["user"], [], True),
        (["administrator"], ["user"], False),
    ],
)
def test_roles_require_it(alice: User, settings: Settings, roles: list[str], has: list[str], led: bool) -> None:
    settings.MFA_REQUIRED_ROLES = roles
    for role in has:
        give_role(user=alice, role=Role(role))
    assert is_led(alice) == led


def test_of_an_administrator_without_the_role_too(db: None, settings: Settings) -> None:
    root = User.objects.create_superuser(email="root@example.org")
    settings.MFA_REQUIRED_ROLES = ["moderator"]
    assert not is_led(root)
    settings.MFA_REQUIRED_ROLES = ["administrator"]
    assert is_led(root)
    client = Client()
    client.force_login(root)
    assert client.get("/admin/accounts/user/").headers["Location"] == "/accounts/2fa/"
    assert client.post("/admin/accounts/team/add/", {"name": "Payments"}).status_code == 403
    assert not Team.objects.exists()


def test_a_team_requires_it_of_its_members(alice: User, charlie: User) -> None:
    team = in_team(alice)
    assert (is_led(alice), is_led(charlie)) == (True, False)
    Team.objects.filter(id=team.id).update(requires_second_factor=False)
    assert not is_led(alice)


def test_who_is_concerned_is_led_from_the_sign_in_to_the_set_up_and_on(alice: User, required: None) -> None:
    client = Client()
    sign_in("alice@example.org", PASSWORD, client=client)
    led = client.get("/")
    assert led.headers["Location"] == "/accounts/2fa/"
    page = client.get("/accounts/2fa/")
    assert "Your account needs a second factor. Set one up" in text_of(page)
    assert '<main id="main" class="entrance"' in page.content.decode()
    go_through(client, "/accounts/2fa/totp/activate/")
    secret = client.session["mfa.totp.secret"]
    client.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)})
    assert client.get("/accounts/2fa/recovery-codes/").status_code == 200
    assert client.get("/").status_code == 200


def test_what_is_not_a_page_is_refused_and_says_why(alice: User, client_of: ClientOf, required: None) -> None:
    client = client_of(alice)
    for answer in (
        client.get("/search/", headers=HTMX),
        client.post("/conversations/", {"text": "Hello", "turn_key": "0192d4c8-0000-7000-8000-000000000001"}),
        client.post("/conversations/", {"text": "Hello"}, headers=HTMX),
        client.post(reverse("theme_set"), {"theme": "dark"}, headers=HTMX),
    ):
        assert answer.status_code == 403
        assert "Your account needs a second factor, so nothing was done." in text_of(answer)
    assert not alice.conversations.exists()
    assert person_of_session(client.session.session_key or "") is None


def test_they_can_sign_out_and_change_the_language(alice: User, client_of: ClientOf, required: None) -> None:
    client = client_of(alice)
    page = client.get("/accounts/2fa/").content.decode()
    assert "Tiếng Việt" in page
    client.post("/language/", {"language": "vi", "next": "/accounts/2fa/"})
    alice.refresh_from_db()
    assert alice.language == "vi"
    assert 'lang="vi"' in client.get("/accounts/2fa/").content.decode()
    assert client.post("/language/", {"language": "xx"}).status_code == 302
    alice.refresh_from_db()
    assert alice.language == "vi"
    client.post("/accounts/logout/")
    assert client.get("/accounts/2fa/").status_code == 302


def test_who_has_one_changes_their_language_on_their_preferences_alone(alice: User, client_of: ClientOf) -> None:
    client_of(alice).post("/language/", {"language": "vi"})
    alice.refresh_from_db()
    assert alice.language == "en"


def test_the_last_one_is_not_removed(alice: User, client_of: ClientOf) -> None:
    in_team(alice)
    with_app(alice)
    with_recovery_codes(alice)
    client = client_of(alice)
    page = go_through(client, "/accounts/2fa/totp/deactivate/")
    assert "Your account needs a second factor, and this is its only one. Add another one first." in text_of(page)
    client.post("/accounts/2fa/totp/deactivate/")
    assert Authenticator.objects.filter(type="totp").exists()
    passkey = Authenticator.objects.create(user=alice, type="webauthn", data={"name": "Key", "credential": {}})
    client.post("/accounts/2fa/totp/deactivate/")
    assert not Authenticator.objects.filter(type="totp").exists()
    refused = client.post(f"/accounts/2fa/webauthn/keys/{passkey.pk}/remove/")
    assert "Add another one first." in text_of(refused)
    assert Authenticator.objects.filter(pk=passkey.pk).exists()
    Team.objects.update(requires_second_factor=False)
    client.post(f"/accounts/2fa/webauthn/keys/{passkey.pk}/remove/")
    assert not Authenticator.objects.exists()


def test_it_costs_no_query(alice: User, client_of: ClientOf, settings: Settings) -> None:
    with_app(alice)
    client = client_of(alice)
    client.get("/preferences/")
    with CaptureQueriesContext(connection) as usual:
        client.get("/preferences/")
    settings.MFA_REQUIRED_ROLES = ["user"]
    in_team(alice)
    with CaptureQueriesContext(connection) as asked:
        client.get("/preferences/")
    assert len(asked) == len(usual)


@contextmanager
def those_shut_out() -> Iterator[list[User]]:
    """Of whom everything that is open is closed."""
    ended: list[User] = []

    def note(person: User, **kwargs: object) -> None:
        ended.append(person)

    session_ended.connect(note)
    try:
        yield ended
    finally:
        session_ended.disconnect(note)


@pytest.mark.django_db(transaction=True)
def test_a_team_that_begins_to_require_it_closes_what_its_members_have_open(
    alice: User, charlie: User, client_of: ClientOf
) -> None:
    root = User.objects.create_superuser(email="root@example.org")
    team = in_team(alice, requires=False)
    Membership.objects.create(team=team, user=charlie)
    with_app(charlie)
    form = {"name": team.name, "requires_second_factor": "on"}
    rows = {"TOTAL_FORMS": "0", "INITIAL_FORMS": "0", "MIN_NUM_FORMS": "0", "MAX_NUM_FORMS": "1000"}
    form |= {f"memberships-{name}": value for name, value in rows.items()}
    with those_shut_out() as ended:
        saved = client_of(root).post(f"/admin/accounts/team/{team.id}/change/", form)
    assert saved.status_code == 302
    assert ended == [alice]
    entry = AuditEntry.objects.get(action="admin.team.changed")
    assert "equires a second factor" in str(entry.details)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("has_factor", [False, True])
def test_a_role_that_requires_it_closes_what_its_person_has_open(
    alice: User, client_of: ClientOf, settings: Settings, has_factor: bool
) -> None:
    settings.MFA_REQUIRED_ROLES = ["moderator"]
    root = User.objects.create_superuser(email="root@example.org")
    if has_factor:
        with_app(alice)
    form = {"email": alice.email, "theme": "system", "language": "en", "is_active": "on", "is_staff": "on"}
    form |= {"date_joined_0": "2026-03-01", "date_joined_1": "12:00:00"}
    form |= {"groups": str(Group.objects.get_or_create(name=Role.MODERATOR)[0].pk)}
    with those_shut_out() as ended:
        saved = client_of(root).post(f"/admin/accounts/user/{alice.id}/change/", form)
    assert saved.status_code == 302
    assert ended == ([] if has_factor else [alice])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("effect", ["role", "team"])
def test_so_does_a_claim_that_brings_it(alice: User, settings: Settings, effect: str) -> None:
    settings.MFA_REQUIRED_ROLES = ["moderator"]
    team = Team.objects.create(name="Payments", requires_second_factor=True)
    gives: dict[str, object] = {"role": "moderator"} if effect == "role" else {"team": team}
    ClaimRule.objects.create(claim="groups", pattern="staff", effect=effect, **gives)
    for shut_out in ([alice], []):
        with those_shut_out() as ended:
            apply_claims(user=alice, provider="works", claims={"groups": ["staff"]}, outcome="signed_in")
        assert ended == shut_out


@pytest.mark.django_db(transaction=True)
def test_an_administrator_takes_a_lost_one_away(alice: User, client_of: ClientOf, mail: None) -> None:
    root = User.objects.create_superuser(email="root@example.org")
    secret = with_app(alice)
    factor = Authenticator.objects.get()
    client = client_of(root)
    page = client.get(f"/admin/mfa/authenticator/{factor.pk}/change/").content.decode()
    assert secret not in page
    assert factor.data["secret"] not in page
    assert client.post(f"/admin/mfa/authenticator/{factor.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Authenticator.objects.exists()
    entry = AuditEntry.objects.get(action="factor.removed")
    assert (entry.actor, entry.subject) == (root.pseudonym.id, alice.pseudonym.id)
    assert mails.outbox[-1].to == ["alice@example.org"]
    assert mails.outbox[-1].subject == "A second factor was removed from your account"
