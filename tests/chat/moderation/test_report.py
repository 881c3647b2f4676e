"""Reporting an answer, and what a link shows."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps
from django.test import Client
from pytest_django import Settings

from accounts.models import AuditEntry, User
from chat.actions.flags import dismiss_flags, flag_message
from chat.actions.shares import share_conversation
from chat.models import Flag, Message
from tests.chat.moderation.conftest import ClientOf

HTMX = {"HX-Request": "true"}


def report(client: Client, message: Message, **form: str) -> str:
    return client.post(f"/messages/{message.id}/report/", form, headers=HTMX).text


def test_an_answer_is_reported(alice: User, answer: Message, client_of: ClientOf) -> None:
    client = client_of(alice)
    assert "Report" in client.get(f"/messages/{answer.id}/menu/", headers=HTMX).text
    dialog = client.get(f"/messages/{answer.id}/report/", headers=HTMX).text
    assert "Harassment" in dialog
    assert "Jailbreak" not in dialog
    assert "A moderator reads it" in report(client, answer, category="hate", note="It calls us names.")
    flag = Flag.objects.get()
    assert (flag.message, flag.conversation, flag.reporter) == (answer, answer.conversation, alice)
    assert (flag.source, flag.category, flag.severity, flag.note) == ("user", "hate", 3, "It calls us names.")
    assert flag.is_open
    entry = AuditEntry.objects.get(action="flag.made")
    assert entry.actor == alice.pseudonym.id
    assert "names" not in str(entry.details)


def test_it_works_without_javascript(alice: User, answer: Message, client_of: ClientOf) -> None:
    client = client_of(alice)
    assert f'action="/messages/{answer.id}/report/"' in client.get(f"/messages/{answer.id}/report/").text
    thanks = client.post(f"/messages/{answer.id}/report/", {"category": "other"}).text
    assert f'href="/conversations/{answer.conversation_id}/"' in thanks
    assert Flag.objects.count() == 1


def test_reported_again_it_is_changed(alice: User, answer: Message, client_of: ClientOf) -> None:
    client = client_of(alice)
    report(client, answer, category="hate", note="First")
    dialog = client.get(f"/messages/{answer.id}/report/", headers=HTMX).text
    assert "You have reported this answer" in dialog
    assert "First" in dialog
    report(client, answer, category="self_harm", note="Second")
    flag = Flag.objects.get()
    assert (flag.category, flag.severity, flag.note) == ("self_harm", 4, "Second")


def test_what_was_dismissed_may_be_reported_anew(
    alice: User, moderator: User, answer: Message, client_of: ClientOf
) -> None:
    report(client_of(alice), answer, category="hate")
    dismiss_flags(flags=list(Flag.objects.all()), reason="It doesn't.", by=moderator)
    report(client_of(alice), answer, category="hate")
    assert sorted(Flag.objects.values_list("status", flat=True)) == ["dismissed", "open"]


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"category": "", "note": "Kept"}, "Choose what is wrong."),
        ({"category": "jailbreak", "note": "Kept"}, "Choose what is wrong."),
        ({"category": "hate", "note": "Kept" + "x" * 1_000}, "the limit is 1,000"),
    ],
)
def test_what_is_wrong_in_the_form_is_said_and_kept(
    alice: User, answer: Message, client_of: ClientOf, form: dict[str, str], said: str
) -> None:
    response = client_of(alice).post(f"/messages/{answer.id}/report/", form, headers=HTMX)
    assert response.status_code == 422
    assert said in response.text
    assert "Kept" in response.text
    assert not Flag.objects.exists()


def test_nobody_reports_without_end(alice: User, answer: Message, client_of: ClientOf) -> None:
    client = client_of(alice)
    answers = [client.post(f"/messages/{answer.id}/report/", {"category": "hate"}).status_code for _ in range(21)]
    assert answers == [200] * 20 + [429]


def test_what_a_link_shows_is_reported_by_anybody(alice: User, answer: Message, client: Client) -> None:
    share = share_conversation(conversation=answer.conversation, expires_at=None)
    address = f"/share/{share.token}/report/"
    assert f'href="{address}"' in client.get(f"/share/{share.token}/").text
    assert "Report this conversation" in client.get(address).text
    for note in ("It plans a theft.", "Twice"):
        assert "Thank you" in client.post(address, {"category": "illegal", "note": note}).text
    flag = Flag.objects.get()
    assert (flag.conversation, flag.message, flag.reporter, flag.note) == (
        answer.conversation,
        None,
        None,
        "It plans a theft.",
    )
    assert flag.details == {"shares": [str(share.id)]}
    refused = client.post(address, {"category": "", "note": "Kept"})
    assert refused.status_code == 422
    assert "Kept" in refused.text


def test_a_report_from_before_names_its_link_as_reports_do_now(alice: User, answer: Message) -> None:
    made = Flag.objects.create(
        conversation=answer.conversation, source="user", category="spam", severity=1, details={"share": "an-id"}
    )
    import_module("chat.migrations.0026_moderation").name_each_link(apps, None)
    made.refresh_from_db()
    assert made.details == {"shares": ["an-id"]}


def test_by_visitors_of_one_network_not_without_end(answer: Message, client: Client, settings: Settings) -> None:
    settings.RATE_LIMIT_IP_REQUESTS = 3
    share = share_conversation(conversation=answer.conversation, expires_at=None)
    answers = [client.get(f"/share/{share.token}/report/").status_code for _ in range(4)]
    assert answers == [200, 200, 200, 429]


def test_who_is_signed_in_is_named(charlie: User, answer: Message, client_of: ClientOf) -> None:
    share = share_conversation(conversation=answer.conversation, expires_at=None)
    client_of(charlie).post(f"/share/{share.token}/report/", {"category": "spam"})
    assert Flag.objects.get().reporter == charlie


def test_of_other_sources_one_is_enough_also_once_it_was_decided(moderator: User, answer: Message) -> None:
    given = {
        "message": answer,
        "source": "guard",
        "category": "jailbreak",
        "severity": 2,
        "details": {"rules": ["dan"]},
    }
    first = flag_message(**given)  # type: ignore[arg-type]  # of several kinds
    assert flag_message(**given) == first  # type: ignore[arg-type]
    dismiss_flags(flags=[first], reason="A play.", by=moderator)
    assert flag_message(**given) == first  # type: ignore[arg-type]
    assert Flag.objects.count() == 1
