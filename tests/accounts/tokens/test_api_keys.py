"""Personal keys: the page that makes them, and what they open."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.actions.api_keys import KEYS_MAX, find_api_key, make_api_key, revoke_api_key
from accounts.actions.people import give_role, make_administrator
from accounts.models import APIKey, AuditEntry, Role, User
from convoscope.errors import ValidationFailed
from tests.support.entrance import text_of

pytestmark = pytest.mark.security

ClientOf = Callable[[User], Client]
PAGE, ACCOUNT = "/preferences/api-keys/", "/api/v1/account"


def form(**given: Any) -> dict[str, Any]:
    return {"key_id": str(uuid4()), "name": "Laptop", "scopes": ["chat", "read"], "days": "90"} | given


def make(user: User, *scopes: str, **given: Any) -> tuple[APIKey, str]:
    fields: dict[str, Any] = {"key_id": uuid4(), "name": "Laptop", "scopes": scopes or ("read",), "expires_at": None}
    return make_api_key(user=user, **(fields | given))


def ask(token: str, **headers: str) -> Any:
    return Client().get(ACCOUNT, headers={"Authorization": f"Bearer {token}"} | headers)


def test_a_key_is_shown_once_and_opens_what_it_may(alice: User, client_of: ClientOf) -> None:
    give_role(user=alice, role=Role.USER)
    client = client_of(alice)
    made = client.post(PAGE, form())
    assert made.status_code == 200
    (token,) = re.findall(r"<code>(cvs_[\w-]{40})</code>", made.content.decode())
    again = client.get(PAGE).content.decode()
    assert token not in again
    assert token[:12] in again
    key = APIKey.objects.get()
    assert token not in str(APIKey.objects.values())
    assert key.expires_at is not None
    assert timedelta(days=89) < key.expires_at - timezone.now() < timedelta(days=91)
    answer = ask(token)
    assert answer.status_code == 200
    assert answer.json() == {
        "id": str(alice.id),
        "email": "alice@example.org",
        "tier": None,
        "roles": ["user"],
        "scopes": ["chat", "read"],
        "key": {"name": "Laptop", "prefix": token[:12]},
    }
    assert made.headers["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"


def test_sent_twice_it_makes_one(alice: User, client_of: ClientOf) -> None:
    client, sent = client_of(alice), form()
    client.post(PAGE, sent)
    again = client.post(PAGE, sent)
    assert again.status_code == 409
    assert "was made already" in text_of(again)
    assert APIKey.objects.count() == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": " "}, "Give the key a name"),
        ({"scopes": []}, "Choose what the key may do"),
        ({"scopes": ["everything"]}, "everything is not one of the available choices"),
        ({"scopes": ["admin"]}, "admin is not one of the available choices"),
        ({"days": "4000"}, "4000 is not one of the available choices"),
    ],
)
def test_a_form_that_says_too_little_or_too_much(
    alice: User, client_of: ClientOf, given: dict[str, Any], said: str
) -> None:
    refused = client_of(alice).post(PAGE, form(**given))
    assert refused.status_code == 422
    assert said in text_of(refused)
    assert not APIKey.objects.exists()


def test_only_an_administrators_key_may_administer(alice: User, client_of: ClientOf) -> None:
    with pytest.raises(ValidationFailed):
        make(alice, "admin")
    make_administrator(user=alice)
    _key, token = make(alice, "admin", "read")
    assert ask(token).json()["scopes"] == ["admin", "read"]
    User.objects.filter(id=alice.id).update(is_superuser=False)
    alice.groups.clear()
    assert ask(token).json()["scopes"] == ["read"]


def test_nobody_has_more_than_so_many(alice: User) -> None:
    APIKey.objects.bulk_create(APIKey(user=alice, name="a", prefix="b", hash=uuid4().hex) for _ in range(KEYS_MAX))
    with pytest.raises(ValidationFailed, match="You have 50 keys"):
        make(alice)
    APIKey.objects.update(revoked_at=timezone.now())
    make(alice)


def test_a_revoked_key_opens_nothing(alice: User, client_of: ClientOf) -> None:
    key, token = make(alice)
    assert f"The key “{key.name}” is revoked." in text_of(client_of(alice).post(f"{PAGE}{key.id}/revoke/", follow=True))
    revoke_api_key(key=key, by=alice)
    assert ask(token).status_code == 401
    entries = AuditEntry.objects.filter(action__startswith="api_key.").order_by("number")
    assert list(entries.values_list("action", flat=True)) == ["api_key.made", "api_key.revoked"]


def test_revoking_is_asked_about_by_the_keys_name(alice: User, client_of: ClientOf) -> None:
    """It can't be undone. Pages and forms alone, so with and without script."""
    key, token = make(alice, name="Laptop <at home>")
    address, client = f"{PAGE}{key.id}/revoke/", client_of(alice)
    listed = client.get(PAGE).content.decode()
    assert f'href="{address}"' in listed
    assert f'action="{address}"' not in listed
    page = client.get(address)
    assert "Revoke “Laptop <at home>”?" in text_of(page)
    assert f"{key.prefix}…" in text_of(page)
    assert f'action="{address}"' in page.content.decode()
    assert ask(token).status_code == 200
    client.post(address)
    assert ask(token).status_code == 401
    assert client.get(address).headers["Location"] == PAGE


def test_charlie_revokes_nothing_of_hers(alice: User, charlie: User, client_of: ClientOf) -> None:
    key, token = make(alice)
    assert client_of(charlie).post(f"{PAGE}{key.id}/revoke/").status_code == 404
    assert client_of(charlie).get(f"{PAGE}{key.id}/revoke/").status_code == 404
    assert ask(token).status_code == 200
    assert client_of(charlie).get(PAGE).content.decode().count("cvs_") == 0


def assert_refused(response: Any, status: int = 401) -> None:
    assert response.status_code == status
    assert response.json()["error"]["code"] == response.headers["X-Error-Code"] == "AUTHENTICATION_ERROR"
    assert (response.headers.get("WWW-Authenticate") == "Bearer") == (status == 401)


def test_what_opens_nothing(alice: User) -> None:
    key, token = make(alice, expires_at=timezone.now() + timedelta(hours=1))
    assert_refused(Client().get(ACCOUNT))
    for header in ("", "Bearer", "Bearer ", f"Basic {token}", token, "Bearer cvs_", "Bearer \x00", "Bearer ünïcode"):
        assert_refused(Client().get(ACCOUNT, headers={"Authorization": header}))
    assert_refused(ask(token[:-1]))
    assert_refused(ask(key.hash))
    APIKey.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert_refused(ask(token))


def test_a_suspended_persons_key_opens_nothing(alice: User) -> None:
    _key, token = make(alice)
    User.objects.filter(id=alice.id).update(is_active=False)
    assert_refused(ask(token))


def test_a_key_without_the_scope(alice: User) -> None:
    _key, token = make(alice, "chat")
    answer = ask(token)
    assert_refused(answer, 403)
    assert "lacks the scope “read”" in answer.json()["error"]["message"]


def test_its_use_is_noted_once_a_minute(alice: User) -> None:
    key, token = make(alice)
    find_api_key(token)
    key.refresh_from_db()
    first = key.last_used_at
    assert first is not None
    with CaptureQueriesContext(connection) as asked:
        find_api_key(token)
    assert [one["sql"] for one in asked if "UPDATE" in one["sql"]] == []
    key.refresh_from_db()
    assert key.last_used_at == first
    APIKey.objects.update(last_used_at=first - timedelta(minutes=2))
    find_api_key(token)
    key.refresh_from_db()
    assert key.last_used_at > first
