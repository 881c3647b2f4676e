"""How much of a conversation is read for the sake of a flag."""

from __future__ import annotations

import re

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from accounts.models import User
from chat.actions.flags import dismiss_flags, report_message, report_share
from chat.actions.shares import share_conversation
from chat.models import Attachment, Conversation, Flag, Message, Share
from chat.models.attachment import SENT
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


def numbers_in(page: str) -> list[int]:
    return [int(number) for number in re.findall("number ([0-9]{5})", page)]


def test_what_was_a_false_alarm_is_private_again(answer: Message, moderator: User, client_of: ClientOf) -> None:
    one, client = flag(answer), client_of(moderator)
    dismiss_flags(flags=[one], reason="A play.", by=moderator)
    assert TEXT not in client.get(address(answer)).text
    flag(answer, category="spam")
    done = client.post(address(answer, "act/"), {"kind": "mark_reviewed", "reason": "Fine."}, follow=True)
    assert done.redirect_chain == [("/admin/moderation/", 302)]
    assert "Done: Reviewed." in done.text
    assert TEXT not in client.get(address(answer)).text


def test_break_glass_that_is_refused_says_what_is_read_already(
    answer: Message, moderator: User, client_of: ClientOf
) -> None:
    look, client = {"reason": "The police asked.", "hours": "24"}, client_of(moderator)
    assert "Nothing in this conversation" in client.post(address(answer, "look/"), look).text
    flag(answer)
    page = client.post(address(answer, "look/"), look).text
    assert "Nothing in this conversation" not in page
    assert "moderators read what was flagged. The rest is private." in page
    assert "The police asked." in page


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
