"""A session key that somebody knew before a sign-in is worth nothing after it, and one of before a sign-out nothing."""

from __future__ import annotations

from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client

from accounts.models import User
from tests.support.factors import code_of, with_app

PASSWORD = "a long enough password"
COOKIE = settings.SESSION_COOKIE_NAME


def with_key(key: str) -> Client:
    client = Client()
    client.cookies[COOKIE] = key
    return client


def is_signed_in(client: Client) -> bool:
    return client.get("/usage/").status_code == 200


def visitors_session(client: Client) -> str:
    """A code that is asked for waits in one."""
    client.post("/accounts/login/code/", {"email": "nobody@example.org"})
    if COOKIE not in client.cookies:
        session = client.session
        session["planted"] = "evil"
        session.save()
        client.cookies[COOKIE] = str(session.session_key)
    return client.cookies[COOKIE].value


def test_the_key_changes_at_a_sign_in_and_the_old_one_is_dead(alice: User) -> None:
    victim = Client()
    planted = visitors_session(victim)
    signed_in = victim.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    assert signed_in.status_code == 302
    assert victim.cookies[COOKIE].value != planted
    assert is_signed_in(victim)
    assert not is_signed_in(with_key(planted))
    assert not Session.objects.filter(session_key=planted).exists()


def test_a_key_that_was_made_up_is_not_taken_on(alice: User) -> None:
    made_up = "evil" * 8
    victim = with_key(made_up)
    victim.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    assert victim.cookies[COOKIE].value != made_up
    assert is_signed_in(victim)
    assert not is_signed_in(with_key(made_up))


def test_the_key_changes_at_a_sign_up(db: None) -> None:
    victim = Client()
    planted = visitors_session(victim)
    victim.post("/accounts/signup/", {"email": "new@example.org", "password1": "four unrelated words"})
    assert is_signed_in(victim)
    assert (victim.cookies[COOKIE].value != planted, is_signed_in(with_key(planted))) == (True, False)


def test_the_key_changes_with_the_second_factor(alice: User) -> None:
    victim = Client()
    planted = visitors_session(victim)
    secret = with_app(alice)
    victim.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    between = victim.cookies[COOKIE].value
    victim.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert is_signed_in(victim)
    assert not is_signed_in(with_key(planted))
    assert between == victim.cookies[COOKIE].value or not is_signed_in(with_key(between))


def test_the_key_changes_at_the_sign_in_of_the_admin(db: None) -> None:
    admin = User.objects.create_superuser(email="admin@example.org", password=PASSWORD)
    victim = Client()
    planted = visitors_session(victim)
    victim.post("/admin/login/", {"username": admin.email, "password": PASSWORD})
    assert not is_signed_in(with_key(planted))


def test_after_signing_out_the_key_is_dead(alice: User) -> None:
    client = Client()
    client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    key = client.cookies[COOKIE].value
    assert is_signed_in(with_key(key))
    client.post("/accounts/logout/")
    assert not is_signed_in(with_key(key))
    assert not Session.objects.filter(session_key=key).exists()


def test_no_address_holds_a_key(alice: User) -> None:
    client = Client()
    client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    key = client.cookies[COOKIE].value
    assert not is_signed_in(Client(query_string={COOKIE: key}))
    assert Client().get("/usage/", {COOKIE: key, "session": key}).status_code == 302
    assert Client().get("/usage/", headers={"X-Session-Token": key}).status_code == 302
