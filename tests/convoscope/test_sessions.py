"""Whatever a session cookie holds, its bearer is nobody in particular."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from accounts.sessions import person_of_session


@pytest.mark.django_db
@pytest.mark.parametrize("cookie", ['"\\000abcdefghijklmnopqrstuvwxyz"', "", "short", "é" * 32, "a" * 5000, "%00" * 20])
def test_a_made_up_session_is_a_visitor(cookie: str) -> None:
    response = Client().get("/", headers={"cookie": f"sessionid={cookie}"})
    assert (response.status_code, response["Location"]) == (302, "/accounts/login/?next=/")


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "\x00" * 32, "\ud800" * 32, "é" * 32])
def test_a_made_up_session_opens_no_socket(key: str) -> None:
    assert person_of_session(key) is None


def test_a_real_session_is_its_person(alice: User) -> None:
    client = Client()
    client.force_login(alice)
    assert person_of_session(client.cookies["sessionid"].value) == alice
    assert client.get("/").status_code == 200
    User.objects.filter(id=alice.id).update(has_terms_due=True)
    assert person_of_session(client.cookies["sessionid"].value) is None
