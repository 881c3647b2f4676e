"""Transcripts for moderators: who may read which, what each look leaves behind, and what is shown and decided there."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.actions.people import give_role
from accounts.models import AuditEntry, Role, User
from chat.actions.flags import dismiss_flags, flag_message, report_message, report_share
from chat.actions.looks import LOOKED
from chat.actions.moderation import hide_message
from chat.actions.shares import share_conversation
from chat.models import Attachment, Conversation, Flag, Look, Message, ModerationAction, Share
from chat.models.attachment import SENT
from chat.moderation.reader import WINDOW
from tests.chat.moderation.conftest import ClientOf, make_moderator
from tests.support.answers import QUESTION, TEXT, make_plain
from tests.support.entrance import text_of

BASE = "/admin/moderation/conversations/"


def address(message: Message, more: str = "") -> str:
    return f"{BASE}{message.conversation_id}/{more}"


def flag(message: Message, **given: object) -> Flag:
    told = {"source": "guard", "category": "hate", "severity": 2, "details": {"rules": ["slur"]}} | given
    return flag_message(message=message, **told)  # type: ignore[arg-type]  # of several kinds


def looks_recorded() -> int:
    return AuditEntry.objects.filter(action=LOOKED).count()


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


def test_what_was_a_false_alarm_is_private_again(answer: Message, moderator: User, client_of: ClientOf) -> None:
    one, client = flag(answer), client_of(moderator)
    dismiss_flags(flags=[one], reason="A play.", by=moderator)
    assert TEXT not in client.get(address(answer)).text
    flag(answer, category="spam")
    done = client.post(address(answer, "act/"), {"kind": "mark_reviewed", "reason": "Fine."}, follow=True)
    assert done.redirect_chain == [("/admin/moderation/", 302)]
    assert "Done: Reviewed." in done.text
    assert TEXT not in client.get(address(answer)).text


def numbers_in(page: str) -> list[int]:
    return [int(number) for number in re.findall("number ([0-9]{5})", page)]


def test_of_what_nobody_asked_to_be_read_only_the_surroundings_are(
    alice: User, moderator: User, client_of: ClientOf
) -> None:
    """A guard is wrong now and then: for that nobody reads all that somebody said."""
    messages = long_conversation(alice, 30)
    flag(messages[10])
    flag(messages[20], source="keyword")
    client, here = client_of(moderator), messages[0]
    page = client.get(address(here)).text
    assert numbers_in(page) == [*range(6, 13), *range(16, 23)]
    assert "the rest of the conversation is private" in page
    assert page.count("Nothing was flagged in what stands here.") == 3
    assert "Long" not in page
    one = Flag.objects.get(message=messages[20])
    assert numbers_in(client.get(address(here, f"?flag={one.id}")).text) == [*range(7, 13), *range(16, 23)]
    assert client.get(address(here, f"?begins_at={messages[13].id}")).status_code == 404
    form = {"kind": "hide_message", "reason": "It insults.", "message": str(messages[13].id)}
    assert client.post(address(here, "act/"), form).status_code == 404
    assert break_glass(client_of, moderator, here) == 302
    assert len(numbers_in(client.get(address(here)).text)) == 30
    assert numbers_in(client_of(make_moderator("otto")).get(address(here)).text) == [*range(6, 13), *range(16, 23)]


def test_where_its_owner_reports_an_answer_all_of_it_is_read(alice: User, moderator: User, client_of: ClientOf) -> None:
    messages = long_conversation(alice, 30)
    report_message(message=messages[10], category="hate", note="", reporter=alice)
    page = client_of(moderator).get(address(messages[0])).text
    assert numbers_in(page) == list(range(30))
    assert "the rest of the conversation is private" not in page


def test_what_is_flagged_on_another_path_is_shown_without_being_asked_for(
    answer: Message, alice: User, moderator: User, client_of: ClientOf
) -> None:
    others = [make_plain(alice, conversation=answer.conversation).message for _ in range(2)]
    Message.objects.filter(id=others[0].id).update(text="The other answer", html="", render_version=0)
    flag(others[0])
    page = client_of(moderator).get(address(answer)).text
    assert "The other answer" in page
    assert "another path" in page
    assert TEXT not in page


def test_a_flag_beside_a_reported_link_opens_both(
    alice: User, answer: Message, moderator: User, client_of: ClientOf
) -> None:
    share = share_conversation(conversation=answer.conversation, expires_at=None)
    report_share(share=share, category="illegal", note="", reporter=None)
    path = [answer]
    for number in range(4):
        path.append(make_plain(alice, conversation=answer.conversation, parent=path[-1]).message)
        Message.objects.filter(id=path[-1].id).update(text=f"number {number:05}", html="", render_version=0)
    flag(path[-1])
    page = client_of(moderator).get(address(answer)).text
    assert numbers_in(page) == [1, 2, 3]
    assert TEXT in page
    assert "Here is what the link shows" in page
    form = {"kind": "hide_message", "reason": "It insults.", "message": str(answer.id)}
    assert client_of(moderator).post(address(answer, "act/"), form).status_code == 302


# Break-glass


def break_glass(client_of: ClientOf, by: User, message: Message, **form: str) -> int:
    told = {"reason": "The police asked.", "hours": "2"} | form
    return client_of(by).post(address(message, "look/"), told).status_code


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


def long_conversation(owner: User, count: int) -> list[Message]:
    conversation = Conversation.objects.create(owner=owner, title="Long", active_at=timezone.now())
    messages: list[Message] = []
    for number in range(count):
        parent = messages[-1] if messages else None
        messages.append(Message(conversation=conversation, parent=parent, role="user", text=f"number {number:05}"))
    Message.objects.bulk_create(messages)
    Conversation.objects.filter(id=conversation.id).update(active_leaf=messages[-1])
    return messages


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


# What was reported at a link


@pytest.fixture
def reported(alice: User, answer: Message) -> Share:
    """A link to the answer, reported by somebody who wasn't signed in; a turn follows that it doesn't show."""
    share = share_conversation(conversation=answer.conversation, expires_at=None)
    later = make_plain(alice, conversation=answer.conversation, parent=answer).message
    Message.objects.filter(id=later.id).update(text="Nobody was given this", html="")
    Conversation.objects.filter(id=answer.conversation_id).update(active_leaf=later)
    report_share(share=share, category="illegal", note="", reporter=None)
    return share


def test_for_the_sake_of_a_link_only_what_it_shows_is_read(
    answer: Message, reported: Share, moderator: User, client_of: ClientOf
) -> None:
    """Who has the link, as a moderator may, would come to the whole conversation by reporting it signed out."""
    client = client_of(moderator)
    later = Message.objects.get(text="Nobody was given this")
    page = client.get(address(answer, f"?begins_at={later.id}")).text
    assert QUESTION in page
    assert TEXT in page
    assert "the rest of the conversation is private" in page
    assert "Nobody was given this" not in page
    assert looks_recorded() == 1
    form = {"kind": "hide_message", "reason": "It insults.", "message": str(later.id)}
    assert client.post(address(answer, "act/"), form).status_code == 404
    assert break_glass(client_of, moderator, answer) == 302
    assert "Nobody was given this" in client.get(address(answer)).text


def test_what_a_link_shows_is_decided_about(
    answer: Message, reported: Share, moderator: User, client_of: ClientOf
) -> None:
    client = client_of(moderator)
    form = {"kind": "hide_message", "reason": " ", "message": str(answer.id)}
    refused = client.post(address(answer, "act/"), form)
    assert refused.status_code == 422
    assert "Nobody was given this" not in refused.text
    done = client.post(address(answer, "act/"), form | {"reason": "It insults."}, follow=True)
    assert "Done: Message hidden." in done.text
    assert "Hidden</strong>" in done.text
    locked = client.post(address(answer, "act/"), {"kind": "lock_conversation", "reason": "It plans."}, follow=True)
    assert "Done: Conversation locked." in locked.text
    assert "Nobody was given this" not in locked.text


def test_each_link_that_is_reported_is_read(
    alice: User, answer: Message, reported: Share, moderator: User, client_of: ClientOf
) -> None:
    conversation = Conversation.objects.get(id=answer.conversation_id)
    whole = share_conversation(conversation=conversation, expires_at=None)
    assert "Nobody was given this" not in client_of(moderator).get(address(answer)).text
    report_share(share=whole, category="illegal", note="", reporter=None)
    assert Flag.objects.get().details == {"shares": sorted([str(reported.id), str(whole.id)])}
    assert "Nobody was given this" in client_of(moderator).get(address(answer)).text


def test_an_image_of_a_link_is_seen_and_no_other(
    alice: User, answer: Message, reported: Share, moderator: User, client_of: ClientOf
) -> None:
    file = default_storage.save("attachments/read", ContentFile(b"a file"))
    default_storage.save(file + SENT, ContentFile(b"a picture"))
    given = {"owner": alice, "name": "a.png", "kind": "image", "media_type": "image/png", "file": file}
    private = Attachment.objects.create(message_id=answer.parent_id, **given)
    shared = Attachment.objects.create(share=reported, **given)
    reported.snapshot[0]["files"] = [{"name": "a.png", "size_bytes": 6, "image": str(shared.id)}]
    reported.save()
    client = client_of(moderator)
    assert address(answer, f"images/{shared.id}/") in client.get(address(answer)).text
    assert b"".join(client.get(address(answer, f"images/{shared.id}/"))) == b"a picture"
    assert client.get(address(answer, f"images/{private.id}/")).status_code == 404
