"""The second factor: an app with codes, recovery codes, and what is asked and told on the way."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail as mails
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from accounts.models import AuditEntry, User
from tests.support.entrance import sign_in, text_of
from tests.support.factors import code_of, with_app, with_recovery_codes

pytestmark = pytest.mark.security

ClientOf = Callable[[User], Client]
PASSWORD = "a long enough password"
EMAIL = "alice@example.org"


def go_through(client: Client, path: str) -> Any:
    """Prove with the password who it is, and come back."""
    asked = client.get(path)
    assert asked.headers["Location"].startswith("/accounts/reauthenticate/")
    return client.post(asked.headers["Location"], {"password": PASSWORD}, follow=True)


def recorded() -> list[str]:
    return [one.action for one in AuditEntry.objects.order_by("number") if one.action.startswith("factor.")]


@pytest.mark.django_db(transaction=True)
def test_an_app_is_set_up(alice: User, client_of: ClientOf, mail: None) -> None:
    client = client_of(alice)
    page = go_through(client, "/accounts/2fa/totp/activate/")
    secret = client.session["mfa.totp.secret"]
    assert secret in text_of(page)
    # On the phone that has the app there is nothing to scan with.
    assert f"<code>{secret}</code><copy-button>" in page.content.decode()
    assert re.search(rf'href="otpauth://totp/[^"]*secret={secret}', page.content.decode())
    html = page.content.decode()
    assert "<svg" in html
    assert "<?xml" not in html
    wrong = client.post("/accounts/2fa/totp/activate/", {"code": "000000"})
    assert "This code is wrong, or was used already." in text_of(wrong)
    assert "Type the code." in text_of(client.post("/accounts/2fa/totp/activate/", {"code": ""}))
    done = client.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)})
    assert done.headers["Location"] == "/accounts/2fa/recovery-codes/"
    assert mails.outbox[-1].subject == "An app with codes was added to your account"
    assert "If it wasn't you, reset your password now" in str(mails.outbox[-1].body)
    assert recorded() == ["factor.added", "factor.recovery_codes_made"]
    stored = str([one.data for one in Authenticator.objects.all()])
    assert secret not in stored
    shown = client.get("/accounts/2fa/recovery-codes/")
    codes = re.findall(r"\b\d{8}\b", text_of(shown))
    assert len(codes) == 10
    assert "convoscope-recovery-codes.txt" in shown.content.decode()
    again = client.get("/accounts/2fa/recovery-codes/")
    assert not re.findall(r"\b\d{8}\b", again.content.decode())
    assert "They were shown once and can't be shown again" in text_of(again)
    assert client.get("/accounts/2fa/recovery-codes/download/").status_code == 403
    assert "10 codes left" in text_of(client.get("/accounts/2fa/"))


def test_a_sign_in_asks_for_the_code(alice: User) -> None:
    secret = with_app(alice)
    client = Client()
    asked = sign_in(EMAIL, PASSWORD, client=client, next="/preferences/")
    assert asked.headers["Location"] == "/accounts/2fa/authenticate/"
    assert client.get("/preferences/").status_code == 302
    page = client.get("/accounts/2fa/authenticate/")
    assert "Code from your app, or a recovery code" in text_of(page)
    assert "placeholder=" not in page.content.decode()
    wrong = client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert "This code is wrong, or was used already." in text_of(wrong)
    assert recorded() == ["factor.refused"]
    entered = client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert entered.headers["Location"] == "/preferences/"
    assert client.get("/preferences/").status_code == 200


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_code_is_taken_once_however_long_it_is_taken(alice: User, steps: int) -> None:
    secret = with_app(alice)
    code = code_of(secret, steps)
    first, second = Client(), Client()
    for client in (first, second):
        sign_in(EMAIL, PASSWORD, client=client)
    assert first.post("/accounts/2fa/authenticate/", {"code": code}).status_code == 302
    # What allauth remembers of it lasts for half a minute only.
    cache.delete(f"allauth.mfa.totp.used?user={alice.pk}&code={code}")
    assert "was used already" in text_of(second.post("/accounts/2fa/authenticate/", {"code": code}))


@pytest.mark.parametrize("steps", [-3, 3])
def test_an_old_code_is_not_taken(alice: User, steps: int) -> None:
    code = code_of(with_app(alice), steps)
    client = Client()
    sign_in(EMAIL, PASSWORD, client=client)
    assert "This code is wrong" in text_of(client.post("/accounts/2fa/authenticate/", {"code": code}))


def test_a_recovery_code_is_taken_once(alice: User) -> None:
    with_app(alice)
    code = with_recovery_codes(alice)[3]
    first, second = Client(), Client()
    for client in (first, second):
        sign_in(EMAIL, PASSWORD, client=client)
    entered = first.post("/accounts/2fa/authenticate/", {"code": f"{code[:4]} {code[4:]}"})
    assert entered.headers["Location"] == "/"
    assert "This code is wrong" in text_of(second.post("/accounts/2fa/authenticate/", {"code": code}))
    entry = AuditEntry.objects.get(action="factor.recovery_code_used")
    assert entry.details == {"left": 9}
    assert "9 codes left" in text_of(first.get("/accounts/2fa/"))


def test_guessing_codes_is_slowed_down(alice: User) -> None:
    secret = with_app(alice)
    client = Client()
    sign_in(EMAIL, PASSWORD, client=client)
    for number in range(5):
        client.post("/accounts/2fa/authenticate/", {"code": f"00000{number}"})
    refused = client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert "Too many failed attempts. Wait five minutes" in text_of(refused)


@pytest.mark.django_db(transaction=True)
def test_new_recovery_codes_take_the_place_of_the_old(alice: User, client_of: ClientOf, mail: None) -> None:
    with_app(alice)
    old = with_recovery_codes(alice)
    client = client_of(alice)
    assert "The codes that you have are no longer taken then." in text_of(
        go_through(client, "/accounts/2fa/recovery-codes/generate/")
    )
    client.post("/accounts/2fa/recovery-codes/generate/")
    shown = re.findall(r"\b\d{8}\b", text_of(client.get("/accounts/2fa/recovery-codes/")))
    assert len(shown) == 10
    assert set(shown).isdisjoint(old)
    assert mails.outbox[-1].subject == "New recovery codes were made for your account"
    assert recorded() == ["factor.recovery_codes_made"]


def test_the_app_is_removed_and_the_recovery_codes_go_too(alice: User, client_of: ClientOf, mail: None) -> None:
    with_app(alice)
    with_recovery_codes(alice)
    client = client_of(alice)
    go_through(client, "/accounts/2fa/totp/deactivate/")
    removed = client.post("/accounts/2fa/totp/deactivate/", follow=True)
    assert "The app is removed." in text_of(removed)
    assert not Authenticator.objects.exists()
    assert mails.outbox[-1].subject == "The app with codes was removed from your account"
    assert recorded() == ["factor.removed", "factor.removed"]


def test_codes_stored_under_a_lost_key_are_told_and_never_taken(alice: User, settings: Settings) -> None:
    with_app(alice)
    client = Client()
    sign_in(EMAIL, PASSWORD, client=client)
    settings.FIELD_ENCRYPTION_KEYS = ["another secret that is long enough for it"]
    for code in ("000000", code_of("")):
        answer = client.post("/accounts/2fa/authenticate/", {"code": code})
        assert answer.status_code == 409
        assert "Use a passkey, or ask an administrator to remove them." in text_of(answer)
    assert client.get("/preferences/").status_code == 302


def test_who_has_a_factor_proves_themselves_with_it(alice: User, client_of: ClientOf) -> None:
    secret = with_app(alice)
    client = client_of(alice)
    asked = client.get("/accounts/2fa/totp/deactivate/")
    ways = client.get(asked.headers["Location"])
    assert "With a code" in text_of(ways)
    by_code = client.get("/accounts/2fa/reauthenticate/?next=/accounts/2fa/totp/deactivate/")
    assert "Type a code once more." in text_of(by_code)
    form = {"code": code_of(secret), "next": "/accounts/2fa/totp/deactivate/"}
    assert client.post("/accounts/2fa/reauthenticate/", form).headers["Location"] == form["next"]
    assert client.get("/accounts/2fa/totp/deactivate/").status_code == 200


@pytest.mark.parametrize(
    "credential",
    ["", "nothing", "[]", "1", "null", "{}", '{"id": 1}', '{"response": []}', '{"response": {"userHandle": 1}}'],
)
def test_what_no_browser_signed_is_refused(alice: User, client_of: ClientOf, credential: str) -> None:
    form = {"credential": credential}
    assert Client().post("/accounts/2fa/webauthn/login/", form, follow=True).status_code == 200
    person = client_of(alice)
    go_through(person, "/accounts/2fa/webauthn/add/")
    assert person.post("/accounts/2fa/webauthn/add/", form).status_code == 200
    with_app(alice)
    client = Client()
    sign_in(EMAIL, PASSWORD, client=client)
    assert client.post("/accounts/2fa/authenticate/", form).status_code == 200
    assert client.get("/preferences/").status_code == 302


def test_a_passkey_of_another_person_is_not_there(alice: User, charlie: User, client_of: ClientOf) -> None:
    theirs = Authenticator.objects.create(user=charlie, type="webauthn", data={"name": "Hers", "credential": {}})
    client = client_of(alice)
    for deed in ("edit", "remove"):
        assert go_through(client, f"/accounts/2fa/webauthn/keys/{theirs.pk}/{deed}/").status_code == 404
        assert client.post(f"/accounts/2fa/webauthn/keys/{theirs.pk}/{deed}/", {"name": "Mine"}).status_code == 404
        session = client.session
        session.pop("account_authentication_methods")
        session.save()
    theirs.refresh_from_db()
    assert theirs.data["name"] == "Hers"


def test_pages_about_the_second_factor_are_linked(alice: User, client_of: ClientOf) -> None:
    assert "/accounts/2fa/" in client_of(alice).get("/preferences/").content.decode()
    assert client_of(alice).get("/accounts/2fa/webauthn/").headers["Location"] == "/accounts/2fa/"


def test_passkeys_are_slowed_down(db: None, settings: Settings) -> None:
    path = "/accounts/2fa/webauthn/login/"
    settings.RATE_LIMIT_IP_REQUESTS = 3
    asked = [Client().get(path, headers={"Accept": "application/json"}) for _ in range(4)]
    assert [one.status_code for one in asked] == [200, 200, 200, 429]
    options = asked[0].json()["request_options"]["publicKey"]
    assert options["userVerification"] == "required"
    assert not options.get("allowCredentials")
    settings.RATE_LIMIT_IP_REQUESTS = 1000
    settings.MFA_RATE_LIMITS = {"webauthn_login": "3/m/ip"}
    sent = [Client().post(path, {"credential": "{}"}) for _ in range(4)]
    assert [one.status_code for one in sent] == [302, 302, 302, 429]


def test_proving_who_one_is_is_slowed_down(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    for _ in range(10):
        assert client.post("/accounts/reauthenticate/", {"password": "wrong"}).status_code == 200
    assert client.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 429
