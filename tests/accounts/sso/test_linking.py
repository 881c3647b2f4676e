"""What becomes of a link, or of a first sign-in, when the person is suspended, erased, signed in elsewhere or asked for
a second factor on the way to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.db import connection, connections
from django.test import Client

from accounts.models import AuditEntry, SSOTrace, User
from tests.support.entrance import sign_in, text_of
from tests.support.factors import code_of, with_app
from tests.support.sso import Issuer, come_back, leave, sign_in_at

PASSWORD = "a long enough password"
REAUTHENTICATE = "/accounts/reauthenticate/"


@pytest.fixture
def alice_confirmed(alice: User) -> User:
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    return alice


def signed_in(person: User) -> Client:
    client = Client()
    assert sign_in(person.email, PASSWORD, client=client).status_code == 302
    return client


def connect(issuer: Issuer, client: Client) -> Any:
    return come_back(client, issuer, leave(client, process="connect"))


def meanwhile(issuer: Issuer, change: Callable[[], object]) -> None:
    """Done once, by another process while this site waits for the issuer's answer."""

    def token(claims: dict[str, Any]) -> str:
        issuer.token = issuer.sign
        try:
            change()
        finally:
            connections.close_all()
        return issuer.sign(claims)

    issuer.token = token


def suspend(person: User) -> None:
    User.objects.filter(pk=person.pk).update(is_active=False)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", [suspend, User.delete], ids=["suspended", "erased"])
def test_who_connects_is_not_brought_back(
    transactional_db: None, issuer: Issuer, alice: User, change: Callable[[User], object]
) -> None:
    client = signed_in(alice)
    client.post(REAUTHENTICATE, {"password": PASSWORD})
    meanwhile(issuer, lambda: change(User.objects.get(pk=alice.pk)))
    response = connect(issuer, client)
    assert response.status_code == 403
    assert "This account is suspended" in text_of(response)
    assert not User.objects.filter(pk=alice.pk, is_active=True).exists()
    assert User.objects.filter(pk=alice.pk).exists() == (change is suspend)
    assert not SocialAccount.objects.exists()


@pytest.mark.django_db
def test_who_has_a_second_factor_gives_it_before_anything_is_linked(issuer: Issuer, alice_confirmed: User) -> None:
    secret = with_app(alice_confirmed)
    client = Client()
    assert sign_in_at(issuer, client).headers["Location"] == "/accounts/2fa/authenticate/"
    assert not SocialAccount.objects.exists()
    assert not AuditEntry.objects.filter(action="sso.connected").exists()
    assert client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)}).headers["Location"] == "/"
    assert SocialAccount.objects.get().user == alice_confirmed
    assert [trace.outcome for trace in SSOTrace.objects.all()] == ["linked"]


@pytest.mark.django_db
@pytest.mark.parametrize("change", [suspend, User.delete], ids=["suspended", "erased"])
def test_who_is_suspended_before_the_second_factor_is_not_let_in(
    issuer: Issuer, alice_confirmed: User, change: Callable[[User], object]
) -> None:
    secret = with_app(alice_confirmed)
    client = Client()
    sign_in_at(issuer, client)
    change(User.objects.get(pk=alice_confirmed.pk))
    client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert "_auth_user_id" not in client.session
    assert not SocialAccount.objects.exists()
    assert not User.objects.filter(pk=alice_confirmed.pk, is_active=True).exists()


@pytest.mark.django_db
def test_two_links_at_once_are_one(issuer: Issuer, alice: User) -> None:
    clients = [signed_in(alice), signed_in(alice)]
    for client in clients:
        assert connect(issuer, client).headers["Location"] == REAUTHENTICATE
    for client, words in zip(
        clients, ["From now on you can sign in with it.", "It is connected already."], strict=True
    ):
        assert client.post(REAUTHENTICATE, {"password": PASSWORD}).headers["Location"] == "/accounts/3rdparty/"
        assert words in text_of(client.get("/accounts/3rdparty/"))
    assert SocialAccount.objects.count() == 1
    assert AuditEntry.objects.filter(action="sso.connected").count() == 1


@pytest.mark.django_db
def test_of_two_people_who_connect_the_same_the_first_has_it(issuer: Issuer, alice: User, charlie: User) -> None:
    clients = [signed_in(alice), signed_in(charlie)]
    for client in clients:
        assert connect(issuer, client).headers["Location"] == REAUTHENTICATE
    responses = [client.post(REAUTHENTICATE, {"password": PASSWORD}) for client in clients]
    assert [response.status_code for response in responses] == [302, 403]
    assert "by another account here" in text_of(responses[1])
    assert SocialAccount.objects.get().user == alice


@pytest.mark.django_db
def test_of_two_first_sign_ins_at_once_both_are_let_in(issuer: Issuer, alice_confirmed: User) -> None:
    secret = with_app(alice_confirmed)
    clients = [Client(), Client()]
    for client in clients:
        assert sign_in_at(issuer, client).headers["Location"] == "/accounts/2fa/authenticate/"
    for client, steps in zip(clients, (0, 1), strict=True):
        assert client.post("/accounts/2fa/authenticate/", {"code": code_of(secret, steps)}).headers["Location"] == "/"
    assert SocialAccount.objects.count() == 1


def when_it_is_looked_for(change: Callable[[], object], *, is_before: bool) -> Callable[..., Any]:
    """For the database: done once, before or after a first sign-in asks whether somebody has the address."""
    waiting = [change]

    def execute(ask: Callable[..., Any], sql: str, *given: Any) -> Any:
        if not waiting or '"accounts_user"."email" IN' not in sql:
            return ask(sql, *given)
        now = waiting.pop()
        if is_before:
            now()
        answer = ask(sql, *given)
        if not is_before:
            now()
        return answer

    return execute


def beside_a_twin(issuer: Issuer, client: Client, *, is_before: bool) -> tuple[Any, Client]:
    """The answer to the later of two sign-ins, and the browser of the other."""
    twin = Client()
    with connection.execute_wrapper(
        when_it_is_looked_for(lambda: sign_in_at(issuer, twin), is_before=is_before),
    ):
        return sign_in_at(issuer, client, next="/preferences/"), twin


@pytest.mark.django_db
@pytest.mark.parametrize("is_before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("is_confirmed", [True, False], ids=["confirmed", "unconfirmed"])
def test_two_first_sign_ins_of_a_new_person_are_one_account(
    issuer: Issuer, charlie: User, is_before: bool, is_confirmed: bool
) -> None:
    issuer.claims["email_verified"] = is_confirmed
    client = Client()
    response, twin = beside_a_twin(issuer, client, is_before=is_before)
    assert response.headers["Location"] == "/preferences/", text_of(response)
    person = User.objects.get(email="alice@example.org")
    assert [one.session["_auth_user_id"] for one in (client, twin)] == [str(person.pk)] * 2
    assert SocialAccount.objects.get().user == person
    assert [trace.outcome for trace in SSOTrace.objects.order_by("at")] == ["created", "signed_in"]
    assert AuditEntry.objects.filter(action="account.signed_up").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("is_before", [True, False], ids=["before", "after"])
def test_who_takes_the_address_meanwhile_keeps_it(issuer: Issuer, charlie: User, is_before: bool) -> None:
    client = Client()
    with connection.execute_wrapper(
        when_it_is_looked_for(lambda: User.objects.create_user("alice@example.org"), is_before=is_before)
    ):
        response = sign_in_at(issuer, client)
    assert response.status_code == 403
    assert "it isn't certain that it is yours" in text_of(response)
    assert "_auth_user_id" not in client.session
    assert not SocialAccount.objects.exists()
