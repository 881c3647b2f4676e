"""What the composer shows of files, with JavaScript and without."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts.limits import limit_state
from accounts.models import User
from chat.actions.attachments import purge_waiting
from chat.actions.turns import Turn, submit_turn
from chat.models import Attachment, Conversation, Message
from chat.templatetags.attachments import cut, fitted
from providers.models import Endpoint
from tests.chat.attachments.support import FullDisk, answered, attach, send, stored_files

ClientOf = Callable[[User], Client]
COMPOSER = {"HX-Request": "true", "HX-Trigger": "composer"}
WAITING = "/attachments/waiting/"


def files(*names: str, content: bytes = b"At four.") -> list[SimpleUploadedFile]:
    return [SimpleUploadedFile(name, content) for name in names]


def names(response_text: str) -> list[str]:
    return [
        line.split('aria-label="Remove ')[1].split('"')[0]
        for line in response_text.splitlines()
        if 'aria-label="Remove ' in line
    ]


def test_a_draft_has_its_files_back_in_its_order(alice: User, charlie: User, client_of: ClientOf) -> None:
    first, second, sent = attach(alice, name="1.txt"), attach(alice, name="2.txt"), attach(alice, name="sent.txt")
    hers = attach(charlie, name="hers.txt")
    send(alice, sent)
    ids = [second.id, "no id", hers.id, sent.id, first.id, uuid4(), second.id]
    response = client_of(alice).get(f"{WAITING}?{urlencode({'attachments': ids}, doseq=True)}")
    assert response.status_code == 200
    assert names(response.text) == ["2.txt", "1.txt"]
    hidden = [client_of(charlie).get(f"{WAITING}?attachments={one}").text for one in (first.id, sent.id, uuid4())]
    assert [(names(text), "isn't there any more" in text) for text in hidden] == [([], True)] * 3
    assert Client().get(WAITING).status_code == 302


def test_a_draft_whose_file_waited_for_too_long_says_so_and_is_not_sent_without_it(
    alice: User, client_of: ClientOf
) -> None:
    client = client_of(alice)
    gone, other, kept, sent = (attach(alice, name=f"{number}.txt") for number in range(4))
    send(alice, sent)
    Attachment.objects.filter(id__in=[gone.id, other.id]).update(created_at=timezone.now() - timedelta(hours=25))
    assert purge_waiting() == 2

    def shown(*attachments: Attachment) -> str:
        ids = {"attachments": [one.id for one in attachments]}
        return client.get(f"{WAITING}?{urlencode(ids, doseq=True)}").text

    assert "isn't there any more" in shown(gone, kept, sent)
    assert names(shown(gone, kept, sent)) == ["2.txt"]
    assert "2 files of this draft aren't there any more" in shown(gone, other)
    assert "any more" not in shown(kept, sent)
    # Until it is removed it is one of the message's.
    assert f'name="attachments" value="{gone.id}"' in shown(gone, sent)
    fields = {"text": "Read it", "turn_key": str(uuid4()), "attachments": [str(gone.id), str(kept.id)]}
    response = client.post("/conversations/", fields, headers=COMPOSER)
    assert (response.status_code, "waited for over a day" in response.text) == (422, True)


def test_without_javascript_files_come_with_their_message(alice: User, client_of: ClientOf) -> None:
    earlier = attach(alice, name="earlier.txt")
    fields = {
        "text": "When?",
        "turn_key": str(uuid4()),
        "attachments": str(earlier.id),
        "files": files("a.txt", "b.md"),
    }
    response = client_of(alice).post("/conversations/", fields)
    question = Message.objects.get(role="user")
    assert response["Location"] == f"/conversations/{question.conversation_id}/"
    assert [one.name for one in question.attachments.order_by("position")] == ["earlier.txt", "a.txt", "b.md"]


def address_of(place: str, turn: Turn) -> str:
    return {
        "new": "/conversations/",
        "going on": f"/conversations/{turn.conversation.id}/messages/",
        "edit": f"/messages/{turn.question.id}/edit/",
    }[place]


@pytest.mark.parametrize("place", ["new", "going on", "edit"])
def test_what_was_kept_before_a_refusal_needs_no_second_upload(alice: User, client_of: ClientOf, place: str) -> None:
    client = client_of(alice)
    turn = send(alice, attach(alice, name="sent.txt"))
    without = str(turn.question.attachments.get().id)
    bad = SimpleUploadedFile("broken.pdf", b"%PDF-1.4 nothing")
    fields = {"text": "Kept words", "turn_key": str(uuid4()), "without": without, "files": [*files("a.txt"), bad]}
    response = client.post(address_of(place, turn), fields)
    assert response.status_code == 422
    assert "“broken.pdf” is damaged" in response.text
    assert "Kept words</textarea>" in response.text
    kept = Attachment.objects.waiting().get()
    assert kept.name == "a.txt"
    assert f'name="attachments" value="{kept.id}"' in response.text
    assert (f'name="without" value="{without}" checked' in response.text) is (place == "edit")


@pytest.mark.parametrize("place", ["new", "going on", "edit"])
@pytest.mark.parametrize("why", ["a full disk", "a limit"])
def test_what_is_refused_for_the_moment_is_kept_too(
    alice: User, client_of: ClientOf, settings: Settings, place: str, why: str
) -> None:
    client, turn = client_of(alice), send(alice)
    if why == "a limit":
        settings.RATE_LIMIT_REQUESTS = 1
    else:
        settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": f"{FullDisk.__module__}.FullDisk"}}
    fields = {"text": "Kept words", "turn_key": str(uuid4()), "files": files("a.txt")}
    response = client.post(address_of(place, turn), fields)
    assert response.status_code == {"a full disk": 503, "a limit": 429}[why]
    assert "Kept words</textarea>" in response.text
    assert ("Retry-After" in response) is (why == "a limit")


@pytest.mark.parametrize("place", ["new", "going on", "edit"])
def test_a_repeated_submit_with_files_is_the_first_one_and_leaves_none_behind(
    alice: User, client_of: ClientOf, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks, place: str
) -> None:
    client, turn = client_of(alice), send(alice)
    answered(turn)
    fields = {"text": "Again?", "turn_key": str(uuid4()), "parent": str(turn.answer.id)}

    def submit(*uploads: SimpleUploadedFile) -> tuple[int, str]:
        with django_capture_on_commit_callbacks(execute=True):
            response = client.post(address_of(place, turn), fields | {"files": uploads})
        return response.status_code, response.get("Location", "")

    first = submit(*files("a.txt", "b.md"))
    stored = stored_files()
    assert (first[0], len(stored)) == (302, 2)
    assert submit(*files("a.txt", "b.md")) == first
    assert (Message.objects.filter(text="Again?").count(), Attachment.objects.count(), stored_files()) == (1, 2, stored)
    for others in (files("a.txt"), files("a.txt", "c.md"), files("a.txt", "b.md", content=b"At five.")):
        assert submit(*others)[0] == 409
    # They are named in the form that comes back.
    assert Attachment.objects.waiting().count() == 5


@pytest.mark.parametrize("place", ["new", "going on", "edit"])
def test_a_repeated_submit_with_files_counts_nothing_and_is_refused_by_no_limit(
    alice: User, client_of: ClientOf, settings: Settings, place: str
) -> None:
    client, turn = client_of(alice), send(alice)
    answered(turn)
    fields = {"text": "Again?", "turn_key": str(uuid4()), "parent": str(turn.answer.id)}

    def submit(*uploads: SimpleUploadedFile) -> Any:
        return client.post(address_of(place, turn), fields | {"files": uploads})

    first = submit(*files("a.txt", "b.md"))
    again = submit(*files("a.txt", "b.md"))
    assert again["X-RateLimit-Remaining"] == first["X-RateLimit-Remaining"]
    settings.RATE_LIMIT_REQUESTS = 1
    last = submit(*files("a.txt", "b.md"))
    assert (last.status_code, last["Location"]) == (302, first["Location"])
    assert submit(*files("a.txt")).status_code == 429


def test_files_that_a_twin_brought_meanwhile_are_not_counted(alice: User) -> None:
    key, first, again = uuid4(), attach(alice), attach(alice)
    left = []
    for one in (first, again):
        submit_turn(owner=alice, conversation_id=None, text="Hi", turn_key=key, attachments=[one.id])
        left.append(limit_state(alice).remaining)  # type: ignore[union-attr]  # somebody counts
    assert left[1] == left[0] + 1


def test_a_repeated_submit_that_cannot_be_sent_keeps_its_files(alice: User, client_of: ClientOf) -> None:
    client, fields = client_of(alice), {"text": "Hi", "turn_key": str(uuid4())}
    client.post("/conversations/", fields | {"files": files("a.txt")})
    too_long = "x" * (settings.CHAT_MESSAGE_MAX_CHARS + 1)
    response = client.post("/conversations/", fields | {"text": too_long, "files": files("a.txt")})
    assert (response.status_code, names(response.text)) == (422, ["a.txt"])


def test_more_files_than_a_message_takes_are_not_even_read(alice: User, client_of: ClientOf) -> None:
    many = files(*(f"{number}.txt" for number in range(settings.MESSAGE_MAX_FILES + 1)))
    response = client_of(alice).post("/conversations/", {"text": "All", "turn_key": str(uuid4()), "files": many})
    assert response.status_code == 422
    assert "A message takes 10 files, and this one has 11" in response.text
    assert not Attachment.objects.exists()


def test_an_edit_shows_the_files_that_go_with_it(alice: User, client_of: ClientOf) -> None:
    turn = send(alice, attach(alice, name="a long name.txt"))
    response = client_of(alice).get(f"/messages/{turn.question.id}/edit/", headers={"HX-Request": "true"})
    assert (
        f'name="without" value="{turn.question.attachments.get().id}" aria-label="Remove a long name.txt"'
        in response.text
    )


def test_a_message_that_is_too_long_may_go_as_a_file(alice: User, client_of: ClientOf, settings: Settings) -> None:
    settings.CHAT_MESSAGE_MAX_CHARS = 10
    fields = {"text": "Eleven char", "turn_key": str(uuid4())}
    response = client_of(alice).post("/conversations/", fields, headers=COMPOSER)
    assert (response.status_code, response["HX-Retarget"]) == (422, "#composer-error")
    assert "the limit is 10. Shorten it, or attach it as a file." in response.text
    assert "data-attach-text" in response.text
    blank = client_of(alice).post("/conversations/", fields | {"text": " "}, headers=COMPOSER)
    assert blank.status_code == 422
    assert "data-attach-text" not in blank.text


def test_one_that_is_too_long_to_be_read_may_too(alice: User, client_of: ClientOf, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000
    client = client_of(alice)
    body = urlencode({"text": "x" * 1_000, "turn_key": str(uuid4())})
    form = "application/x-www-form-urlencoded"
    response = client.post("/conversations/", body, content_type=form, headers=COMPOSER)
    assert (response.status_code, response["HX-Retarget"]) == (413, "#composer-error")
    assert "data-attach-text" in response.text
    assert client.post("/conversations/", body, content_type=form).status_code == 400
    assert not Conversation.objects.exists()


@pytest.mark.parametrize(
    ("model", "is_blind"), [("deepseek/deepseek-v4-pro", True), ("mistral/mistral-large-4", False)]
)
def test_the_page_knows_whether_its_model_can_read_images(
    alice: User, client_of: ClientOf, model: str, is_blind: bool
) -> None:
    for name in ("deepseek", "mistral"):
        row = Endpoint(name=name, is_enabled=True)
        row.keep_key("a key that nobody uses")
        row.save()
    client = client_of(alice)
    turn = send(alice, model=model)
    compared = {"compare": [model, "mistral/mistral-small-latest"]}
    for response in (
        client.get(f"/?model={model}"),
        client.get(f"/conversations/{turn.conversation.id}/"),
        client.post("/models/", {"model": model}, headers={"HX-Request": "true"}),
        client.post(f"/conversations/{turn.conversation.id}/model/", {"model": model}, headers={"HX-Request": "true"}),
    ):
        assert ('class="chip" data-blind' in response.text) is is_blind, response.request["PATH_INFO"]
    shown = client.get(f"/?{urlencode(compared, doseq=True)}").text
    assert (f'name="compare" value="{model}" data-blind' in shown) is is_blind


@given(st.text(min_size=1, max_size=300))
def test_a_cut_name_is_the_whole_name(name: str) -> None:
    stem, ending = cut(name)
    assert stem + ending == name
    assert len(ending) <= 10


@pytest.mark.parametrize(
    ("width", "height", "shown"),
    [(60, 40, (60, 40)), (4_000, 1_000, (288, 72)), (1_000, 4_000, (60, 240)), (9_000, 1, (288, 1))],
)
def test_an_image_has_its_place_before_it_comes(width: int, height: int, shown: tuple[int, int]) -> None:
    assert fitted(Attachment(width=width, height=height)) == shown
