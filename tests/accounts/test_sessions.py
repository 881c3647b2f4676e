"""Where a person is signed in: what the page shows, and ending sessions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts import sessions
from accounts.browsers import browser_in_words
from accounts.models import AuditEntry, User
from accounts.sessions import session_ended
from accounts.tasks import delete_ended_sign_ins
from tests.support.entrance import sign_in, text_of

ClientOf = Callable[[User], Client]
PASSWORD = "a long enough password"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:150.0) Gecko/20100101 Firefox/150.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/19.0 Mobile/15E148 Safari/604.1"
)
CHROME = "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Mobile Safari/537.36"


def signed_in(address: str, user_agent: str, email: str = "alice@example.org") -> Client:
    client = Client(REMOTE_ADDR=address, HTTP_USER_AGENT=user_agent)
    assert sign_in(email, PASSWORD, client=client).status_code == 302
    return client


def test_the_page_lists_own_sessions_this_one_first(alice: User, charlie: User) -> None:
    here, _there = signed_in("192.0.2.1", FIREFOX), signed_in("::ffff:192.0.2.2", SAFARI)
    signed_in("192.0.2.3", CHROME, "charlie@example.org")
    page = text_of(here.get("/accounts/sessions/"))
    assert "Firefox on Windows This session From 192.0.2.1" in page
    assert "Safari on iPhone From 192.0.2.2" in page
    assert page.index("Firefox") < page.index("Safari")
    assert "192.0.2.3" not in page
    assert "Where you are signed in" in text_of(here.get("/preferences/"))


def test_one_is_ended(alice: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks) -> None:
    here, there, third = (signed_in(f"192.0.2.{number}", FIREFOX) for number in (1, 2, 3))
    ended: list[tuple[User, str | None]] = []

    def note(person: User, session_key: str | None, **kwargs: object) -> None:
        ended.append((person, session_key))

    session_ended.connect(note)
    try:
        row = UserSession.objects.get(ip="192.0.2.2")
        with django_capture_on_commit_callbacks(execute=True):
            answer = here.post(f"/accounts/sessions/{row.id}/end/", follow=True)
    finally:
        session_ended.disconnect(note)
    assert "That session is ended." in text_of(answer)
    assert ended == [(alice, row.session_key)]
    assert there.get("/preferences/").status_code == 302
    assert here.get("/preferences/").status_code == third.get("/preferences/").status_code == 200
    entry = AuditEntry.objects.get(action="session.ended_elsewhere")
    assert entry.actor == entry.subject == alice.pseudonym.id


def test_all_others_are_ended(alice: User, charlie: User) -> None:
    here, *others = (signed_in(f"192.0.2.{number}", FIREFOX) for number in (1, 2, 3))
    hers = signed_in("192.0.2.4", FIREFOX, "charlie@example.org")
    assert "2 other sessions are ended." in text_of(here.post("/accounts/sessions/end/", follow=True))
    assert [client.get("/preferences/").status_code for client in (here, *others, hers)] == [200, 302, 302, 200]
    assert "End all others" not in text_of(here.get("/accounts/sessions/"))


def test_neither_anothers_nor_this_one_is_ended_by_its_number(alice: User, charlie: User) -> None:
    here, hers = signed_in("192.0.2.1", FIREFOX), signed_in("192.0.2.4", FIREFOX, "charlie@example.org")
    for row in UserSession.objects.all():
        assert here.post(f"/accounts/sessions/{row.id}/end/").status_code == 404
    assert here.get("/preferences/").status_code == hers.get("/preferences/").status_code == 200


def test_a_session_that_was_signed_out_is_listed_no_more(alice: User) -> None:
    here, there = signed_in("192.0.2.1", FIREFOX), signed_in("192.0.2.2", SAFARI)
    there.post("/accounts/logout/")
    assert "Safari" not in text_of(here.get("/accounts/sessions/"))


def test_who_signs_in_after_a_form_was_too_late_is_back_on_its_page(alice: User) -> None:
    page = {"Referer": "http://testserver/privacy/"}
    client = Client()
    response = client.post("/privacy/consents/", headers=page)
    assert response.headers["Location"] == "/accounts/login/?next=/privacy/"
    signed_in = client.post(response.headers["Location"], {"login": alice.email, "password": PASSWORD}, follow=True)
    assert (signed_in.status_code, signed_in.request["PATH_INFO"]) == (200, "/privacy/")
    unnamed = Client().post("/privacy/consents/")
    assert unnamed.headers["Location"] == "/accounts/login/?next=/"


def test_use_is_noted_now_and_then_and_otherwise_costs_nothing(
    alice: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in("192.0.2.1", FIREFOX)
    client.get("/preferences/")
    long_ago = timezone.now() - timedelta(days=3)
    UserSession.objects.update(last_seen_at=long_ago)
    with CaptureQueriesContext(connection) as usual:
        client.get("/preferences/", REMOTE_ADDR="192.0.2.9")
    assert UserSession.objects.get().last_seen_at == long_ago
    monkeypatch.setattr(sessions, "_noted", {})
    with CaptureQueriesContext(connection) as noting:
        client.get("/preferences/", REMOTE_ADDR="192.0.2.9")
    assert len(noting) == len(usual) + 1
    row = UserSession.objects.get()
    assert row.last_seen_at > long_ago
    assert row.ip == "192.0.2.9"


def test_a_session_from_before_is_listed_once_it_is_used(
    alice: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(alice)
    assert not UserSession.objects.exists()
    monkeypatch.setattr(sessions, "_noted", {})
    assert "This session" in text_of(client.get("/accounts/sessions/"))


def test_where_a_socket_tells_no_address_pages_come_all_the_same(
    alice: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(alice)
    monkeypatch.setattr(sessions, "_noted", {})
    assert client.get("/preferences/", REMOTE_ADDR="").status_code == 200
    assert not UserSession.objects.exists()


def test_what_is_remembered_of_sessions_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "_noted", {})
    monkeypatch.setattr(sessions, "NOTED_MAX_SESSIONS", 3)
    for key in ("a", "b", "c", "d"):
        sessions.remember_noted(key)
    assert [sessions.is_use_due(key) for key in ("a", "d")] == [True, False]


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        (SAFARI, "Safari on iPhone"),
        (CHROME, "Chrome on Android"),
        (f"{CHROME} EdgA/148.0", "Edge on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) Version/19.0 Safari/605.1.15", "Safari on macOS"),
        ("Mozilla/5.0 (iPad; CPU OS 19_0 like Mac OS X) CriOS/148.0 Mobile Safari/604.1", "Chrome on iPad"),
        ("curl/8.9", "A browser that doesn't say which"),
        ("", "A browser that doesn't say which"),
    ],
)
def test_a_browser_is_named_as_people_name_it(user_agent: str, words: str) -> None:
    assert browser_in_words(user_agent) == words


def test_sessions_that_ran_out_are_forgotten(alice: User) -> None:
    ended, there = signed_in("192.0.2.1", FIREFOX), signed_in("192.0.2.2", SAFARI)
    Session.objects.filter(session_key=ended.session.session_key).update(expire_date=timezone.now())
    assert delete_ended_sign_ins() == {"removed": 1}
    assert list(UserSession.objects.values_list("ip", flat=True)) == ["192.0.2.2"]
    assert there.get("/preferences/").status_code == 200
