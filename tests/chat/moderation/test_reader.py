"""Transcripts for moderators: who may read which, what each look leaves behind, and what is shown and decided there."""

from __future__ import annotations

import re
from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.actions.people import give_role
from accounts.models import AuditEntry, Role, User
from chat.actions.flags import report_message
from chat.actions.looks import LOOKED
from chat.actions.moderation import hide_message
from chat.actions.purging import purge_conversations
from chat.models import Attachment, Conversation, Flag, Look, Message, ModerationAction
from chat.models.attachment import SENT
from chat.moderation.reader import WINDOW
from tests.chat.moderation.conftest import (
    ClientOf,
    address,
    break_glass,
    flag,
    long_conversation,
    looks_recorded,
    make_moderator,
)
from tests.support.answers import QUESTION, TEXT, make_plain
from tests.support.entrance import text_of

# Who may read


@pytest.mark.parametrize("role", ["moderator", "administrator"])
def test_what_was_flagged_is_read_and_the_look_recorded(
    request: pytest.FixtureRequest, answer: Message, client_of: ClientOf, role: str
) -> None:
    person = request.getfixturevalue(role)
    client = client_of(person)
    flag(answer)
    for _ in range(3):
        page = client.get(address(answer)).text
        assert QUESTION in page
        assert TEXT in page
    [entry] = AuditEntry.objects.filter(action=LOOKED)
    assert (entry.actor, entry.object_id) == (person.pseudonym.id, str(answer.conversation_id))
    client_of(make_moderator("otto")).get(address(answer))
    assert looks_recorded() == 2


@pytest.mark.parametrize("role", ["moderator", "administrator"])
def test_what_was_not_is_asked_about_first(
    request: pytest.FixtureRequest, answer: Message, client_of: ClientOf, role: str
) -> None:
    client = client_of(request.getfixturevalue(role))
    page = client.get(address(answer)).text
    assert "It is private" in page
    assert TEXT not in page
    assert answer.conversation.title not in page
    assert client.post(address(answer, "act/"), {"kind": "lock_conversation", "reason": "x"}).status_code == 404
    assert looks_recorded() == 0


def test_analysts_and_others_have_nothing_here(answer: Message, charlie: User, client_of: ClientOf) -> None:
    flag(answer)
    assert "/admin/login/" in client_of(charlie).get(address(answer))["Location"]
    give_role(user=charlie, role=Role.ANALYST)
    client = client_of(charlie)
    assert client.get(address(answer)).status_code == 403
    User.objects.filter(id=charlie.id).update(is_staff=True)
    assert client.get(address(answer)).status_code == 403


def test_a_decision_leaves_it_readable_for_a_while(answer: Message, moderator: User, client_of: ClientOf) -> None:
    """So that an appeal can be answered."""
    flag(answer)
    hide_message(message=answer, reason="It insults.", by=moderator)
    assert TEXT in client_of(moderator).get(address(answer)).text
    Flag.objects.update(decided_at=timezone.now() - timedelta(days=31))
    assert TEXT not in client_of(moderator).get(address(answer)).text


# Break-glass


def test_break_glass_opens_it_for_one_person_and_a_time_and_tells_its_owner(
    alice: User, answer: Message, moderator: User, client_of: ClientOf
) -> None:
    assert break_glass(client_of, moderator, answer) == 302
    assert TEXT in client_of(moderator).get(address(answer)).text
    assert TEXT not in client_of(make_moderator("otto")).get(address(answer)).text
    entry = AuditEntry.objects.get(action="moderation.broke_glass")
    assert (entry.reason, entry.details, entry.subject) == ("The police asked.", {"hours": 2}, alice.pseudonym.id)
    owner = client_of(alice)
    assert "A moderator read this on" in owner.get(f"/conversations/{answer.conversation_id}/").text
    page = owner.get("/decisions/").text
    assert "Who read your conversations" in page
    assert "The police asked." in page
    look = Look.objects.get()
    assert look.seen_at is not None
    assert look.ends_at - look.begins_at == timedelta(hours=2)
    Look.objects.update(ends_at=timezone.now())
    assert TEXT not in client_of(moderator).get(address(answer)).text


def test_the_owner_is_told_also_once_it_is_gone(
    alice: User, answer: Message, moderator: User, client_of: ClientOf
) -> None:
    """A temporary chat is gone a day later."""
    break_glass(client_of, moderator, answer)
    owner = client_of(alice)
    Conversation.objects.update(deleted_at=timezone.now())
    for is_purged in (False, True):
        page = text_of(owner.get("/decisions/"))
        assert "A conversation that is gone" in page
        assert "The police asked." in page
        assert answer.conversation.title not in page
        assert "Decisions about your account" in text_of(owner.get("/preferences/"))
        assert "a conversation of alice@example.org" in text_of(client_of(moderator).get("/admin/moderation/looks/"))
        if not is_purged:
            purge_conversations()
    assert not Conversation.objects.exists()


def test_a_look_from_before_is_told_to_its_owner_too(
    alice: User, answer: Message, moderator: User, client_of: ClientOf
) -> None:
    break_glass(client_of, moderator, answer)
    Look.objects.update(owner=None)
    import_module("chat.migrations.0032_looks_stay").name_owners(apps, None)
    assert Look.objects.get().owner == alice


def test_where_a_law_forbids_it_the_owner_is_not_told(
    alice: User, answer: Message, moderator: User, client_of: ClientOf, settings: Settings
) -> None:
    settings.MODERATION_TELLS_OWNERS = False
    break_glass(client_of, moderator, answer)
    owner = client_of(alice)
    assert "A moderator read this" not in owner.get(f"/conversations/{answer.conversation_id}/").text
    assert "The police asked." not in owner.get("/decisions/").text
    assert "Decisions about your account" not in owner.get("/preferences/").text
    assert AuditEntry.objects.filter(action="moderation.broke_glass").exists()


@pytest.mark.parametrize("form", [{"reason": " "}, {"hours": "24"}, {"hours": "0"}, {"hours": "x"}, {"hours": "²"}])
def test_break_glass_asks_why_and_for_how_long(
    answer: Message, moderator: User, client_of: ClientOf, form: dict[str, str]
) -> None:
    assert break_glass(client_of, moderator, answer, **form) == 422
    assert not Look.objects.exists()


def test_looks_are_listed_for_who_took_them_and_for_administrators(
    answer: Message, moderator: User, administrator: User, client_of: ClientOf
) -> None:
    break_glass(client_of, moderator, answer)
    for person, is_shown in ((moderator, True), (administrator, True), (make_moderator("otto"), False)):
        assert ("The police asked." in client_of(person).get("/admin/moderation/looks/").text) is is_shown


# What is shown


def test_it_reads_as_for_its_owner_with_flags_figures_and_what_is_hidden(
    alice: User, answer: Message, moderator: User, client_of: ClientOf
) -> None:
    Message.objects.filter(id=answer.id).update(text="**Bold** <b>x</b>", html="", render_version=0)
    assert answer.parent is not None
    Message.objects.filter(id=answer.parent.id).update(text="<script>alert(1)</script>")
    flag(answer)
    page = client_of(moderator).get(address(answer)).text
    assert "<strong>Bold</strong>" in page
    assert "<b>x</b>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "gpt-4.1" in page
    assert "tok/s" in page
    assert "$0.0089" in page
    assert "rules: slur" in page
    hide_message(message=answer, reason="It insults.", by=moderator)
    page = client_of(moderator).get(address(answer)).text
    assert "<strong>Bold</strong>" in page
    assert "Hidden" in page
    assert "It insults." in page


def test_images_are_shown_to_who_may_read(alice: User, answer: Message, moderator: User, client_of: ClientOf) -> None:
    file = default_storage.save("attachments/read", ContentFile(b"a file"))
    default_storage.save(file + SENT, ContentFile(b"a picture"))
    image = Attachment.objects.create(
        owner=alice, message_id=answer.parent_id, name="a.png", kind="image", media_type="image/png", file=file
    )
    client = client_of(moderator)
    assert client.get(address(answer, f"images/{image.id}/")).status_code == 404
    flag(answer)
    assert address(answer, f"images/{image.id}/") in client.get(address(answer)).text
    assert b"".join(client.get(address(answer, f"images/{image.id}/"))) == b"a picture"
    far = make_plain(alice, conversation=answer.conversation).message
    Attachment.objects.filter(id=image.id).update(message=far)
    assert client.get(address(answer, f"images/{image.id}/")).status_code == 404


def test_an_image_that_is_looked_at_alone_is_a_look(
    alice: User, answer: Message, moderator: User, client_of: ClientOf
) -> None:
    file = default_storage.save("attachments/read", ContentFile(b"a file"))
    default_storage.save(file + SENT, ContentFile(b"a picture"))
    image = Attachment.objects.create(
        owner=alice, message_id=answer.parent_id, name="a.png", kind="image", media_type="image/png", file=file
    )
    flag(answer)
    b"".join(client_of(moderator).get(address(answer, f"images/{image.id}/")))
    assert looks_recorded() == 1


def test_a_long_one_is_read_in_windows(
    alice: User, moderator: User, client_of: ClientOf, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    messages = long_conversation(alice, 4 * WINDOW + 5)
    one = report_message(message=messages[150], category="hate", note="", reporter=alice)
    client, seen = client_of(moderator), list[str]()
    client.get(address(messages[0]))
    page = client.get(address(messages[0], f"?flag={one.id}")).text
    assert "number 00140" in page
    assert "number 00139" not in page
    where = ""
    while where is not None:
        with django_assert_max_num_queries(24):
            page = client.get(address(messages[0], where)).text
        assert len(re.findall("number [0-9]{5}", page)) == WINDOW or len(seen) >= 4 * WINDOW
        seen += re.findall("number [0-9]{5}", page)
        found = re.search(r'href="(\?begins_at=[0-9a-f-]+)">Earlier', page)
        where = found[1] if found else None  # type: ignore[assignment]
    assert len(set(seen)) == len(messages)


def test_more_flags_ask_for_no_more_queries(
    alice: User, moderator: User, client_of: ClientOf, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    messages = long_conversation(alice, 60)
    for one in messages:
        flag(one)
        flag(one, category="spam")
    client = client_of(moderator)
    client.get(address(messages[0]))
    with django_assert_max_num_queries(24):
        assert client.get(address(messages[0])).text.count('class="mod-flag"') == 120


def test_another_path_is_opened_where_the_flag_is_on_that(
    alice: User, answer: Message, moderator: User, client_of: ClientOf
) -> None:
    other = Message.objects.create(
        conversation=answer.conversation, parent=answer.parent, role="assistant", text="The other answer"
    )
    one = flag(other)
    page = client_of(moderator).get(address(answer, f"?flag={one.id}")).text
    assert "The other answer" in page
    assert "another path" in page


def test_one_goes_from_flag_to_flag_and_to_the_next_conversation(
    alice: User, answer: Message, moderator: User, client_of: ClientOf
) -> None:
    first, second = flag(answer), flag(answer, category="spam")
    elsewhere = flag(make_plain(alice).message, severity=1)
    client = client_of(moderator)
    page = client.get(address(answer, f"?flag={first.id}")).text
    assert f'rel="next" href="?flag={second.id}#flag-{second.id}"' in page
    assert 'rel="prev"' not in page
    assert f"?flag={elsewhere.id}" in page
    assert f'rel="prev" href="?flag={first.id}' in client.get(address(answer, f"?flag={second.id}")).text


@pytest.mark.parametrize("query", ["?flag=x", "?begins_at=x", "?flag=0192d4c8-0000-7000-8000-000000000001"])
def test_a_place_that_makes_no_sense_is_none(answer: Message, moderator: User, client_of: ClientOf, query: str) -> None:
    flag(answer)
    assert TEXT in client_of(moderator).get(address(answer, query)).text


# What is decided there


@pytest.mark.parametrize("kind", ["hide_message", "lock_conversation", "warn_user", "suspend_user", "mark_reviewed"])
def test_a_moderator_decides_and_takes_it_back(
    alice: User, answer: Message, moderator: User, client_of: ClientOf, kind: str
) -> None:
    one = flag(answer)
    client = client_of(moderator)
    form = {"kind": kind, "reason": "It insults.", "flag": str(one.id)}
    form |= {"message": str(answer.id)} if kind == "hide_message" else {}
    page = client.post(address(answer, "act/"), form, follow=True)
    action = ModerationAction.objects.get()
    assert (action.kind, action.reason, action.by, action.person) == (kind, "It insults.", moderator, alice)
    assert f"Done: {action.get_kind_display()}." in page.text
    assert ("It insults." in page.text) is (kind != "mark_reviewed")
    assert not Flag.objects.open().exists()
    assert AuditEntry.objects.filter(action=f"moderation.{kind}").count() == 1
    restored = client.post(f"/admin/moderation/actions/{action.id}/restore/", {"reason": "A play."}, follow=True)
    assert ("taken back already" in restored.text) is (kind == "mark_reviewed")
    assert ModerationAction.objects.filter(kind="restore").count() == (kind != "mark_reviewed")


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"kind": "lock_conversation", "reason": " "}, 422),
        ({"kind": "nothing", "reason": "Kept"}, 422),
        ({"kind": "hide_message", "reason": "Kept"}, 422),
        ({"kind": "restore", "reason": "Kept"}, 422),
        ({"kind": "hide_message", "reason": "x", "message": "0192d4c8-0000-7000-8000-000000000001"}, 404),
    ],
)
def test_what_is_wrong_is_said_and_kept(
    answer: Message, moderator: User, client_of: ClientOf, form: dict[str, str], status: int
) -> None:
    flag(answer)
    page = client_of(moderator).post(address(answer, "act/"), form)
    assert page.status_code == status
    assert status == 404 or form["reason"] in page.text
    assert not ModerationAction.objects.exists()


def test_about_their_own_they_do_not(moderator: User, client_of: ClientOf) -> None:
    own = make_plain(moderator).message
    flag(own)
    client = client_of(moderator)
    page = text_of(client.get(address(own)))
    assert "You can't decide about this" in page
    assert "Hide this message" not in page
    refused = client.post(address(own, "act/"), {"kind": "mark_reviewed", "reason": "Fine."})
    assert refused.status_code == 403
    assert "This is yours" in refused.text


def test_who_reports_an_answer_reads_no_more_for_that(answer: Message, moderator: User, client_of: ClientOf) -> None:
    report_message(message=answer, category="other", note="", reporter=moderator)
    page = client_of(moderator).get(address(answer))
    assert TEXT not in page.text
    assert "It is private" in text_of(page)
    flag(answer)
    assert TEXT in client_of(moderator).get(address(answer)).text
