"""One conversation as a file: over HTTP, in each format, with titles and texts that want to break out."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from chat.exports.markdown import close_fence
from chat.exports.names import file_name
from chat.models import Checkpoint, Conversation, Message
from tests.support.answers import QUESTION, TEXT, make_answer, make_conversation, make_plain

ClientOf = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
HOSTILE = '</title><script>alert(1)</script><img src=x onerror="a()"> \u202egnp.exe'


def download(client: Client, conversation: Conversation, file_format: str) -> str:
    response = client.get(reverse("conversation_download", args=[conversation.id, file_format]))
    assert response.status_code == 200
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Disposition"].startswith("attachment;")
    return b"".join(response).decode()


def said(owner: User, question: str, answer: str, title: str = "Pools") -> Conversation:
    conversation = make_conversation(owner, title)
    asked = Message.objects.create(conversation=conversation, role="user", text=question)
    parts = [{"type": "text", "text": answer}]
    conversation.active_leaf = Message.objects.create(
        conversation=conversation, role="assistant", parent=asked, text=answer, parts=parts, model="gpt-4.1"
    )
    conversation.save()
    return conversation


def test_markdown_is_the_shown_path(alice: User, client_of: ClientOf) -> None:
    first = make_plain(alice)
    conversation = first.message.conversation
    make_answer(alice, conversation=conversation, message_fields={"text": "Elsewhere"})
    Conversation.objects.filter(id=conversation.id).update(active_leaf=first.message)
    text = download(client_of(alice), conversation, "markdown")
    assert text.startswith("# Why our p99 doubled\n\n")
    assert [line.split(" · ")[:-1] for line in re.findall(r"^## (.*)$", text, re.M)] == [
        ["You"],
        ["Assistant", "gpt-4.1"],
    ]
    assert text.index(QUESTION) < text.index(TEXT)
    assert "Elsewhere" not in text


def test_a_cut_code_block_takes_nothing_in(alice: User, client_of: ClientOf) -> None:
    conversation = said(alice, "Show ```\n~~~~ me", "Here:\n\n````py\n# no heading\n```\nx = 1")
    text = download(client_of(alice), conversation, "markdown")
    assert "\n````py\n# no heading\n```\nx = 1\n````\n" in text
    assert "~~~~ me\n~~~~\n\n## Assistant" in text


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        ("plain", "plain"),
        ("```\na\n```", "```\na\n```"),
        ("```\na", "```\na\n```"),
        ("```a``` in a line", "```a``` in a line"),
        ("~~~\n```\n", "~~~\n```\n~~~"),
        ("```\n~~~\n````", "```\n~~~\n````"),
    ],
)
def test_fences_are_closed(text: str, closed: str) -> None:
    assert close_fence(text) == closed


def test_html_stands_alone(alice: User, client_of: ClientOf) -> None:
    answer = f"{HOSTILE}\n\n![a](https://example.org/a.png)\n\n```py\nx = '</script>'\n```"
    html = download(client_of(alice), said(alice, HOSTILE, answer, HOSTILE), "html")
    tags: list[tuple[str, dict[str, str | None]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            tags.append((tag, dict(attrs)))

    Reader().feed(html)
    assert {"script", "img", "link", "iframe"}.isdisjoint(tag for tag, _ in tags)
    assert [name for _, attrs in tags for name in attrs if name.startswith("on") or name in ("src", "style")] == []
    [policy] = [attrs["content"] for _, attrs in tags if attrs.get("http-equiv")]
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert html.count("<article>") == 2
    assert "copy-button" not in html


def test_an_answer_being_written_is_exported_so_far(alice: User, client_of: ClientOf) -> None:
    run = make_answer(alice, took_ms=None, message_fields={"text": "", "parts": []})
    Checkpoint.objects.create(run=run, fence=1, n=0, text_delta="So *far*")
    assert "So *far*" in download(client_of(alice), run.message.conversation, "markdown")
    assert "So <em>far</em>" in download(client_of(alice), run.message.conversation, "html")


@pytest.mark.parametrize("file_format", ["json", "markdown", "html"])
def test_a_huge_text_and_an_empty_conversation_are_exported(alice: User, client_of: ClientOf, file_format: str) -> None:
    huge = said(alice, "?", "word " * 200_000)
    assert download(client_of(alice), huge, file_format).count("word ") >= 199_999
    assert "Empty" in download(client_of(alice), make_conversation(alice, "Empty"), file_format)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Pools", "Pools.md"),
        ("../../etc/passwd", "etc passwd.md"),
        ('a\\b:c*d?e"f<g>h|i', "a b c d e f g h i.md"),
        ("\u202egnp.exe", "gnp exe.md"),
        ("CON", "conversation CON.md"),
        ("...", "conversation.md"),
        ("", "conversation.md"),
        ("line\nbreak\0", "line break.md"),
        ("Đường ống 🚀", "Đường ống 🚀.md"),
        ("é" * 200, "é" * 60 + ".md"),
        ("\ud800", "conversation.md"),
    ],
)
def test_names_are_safe(title: str, name: str) -> None:
    assert file_name(title, "md") == name


def test_the_dialog_offers_each_format(alice: User, client_of: ClientOf) -> None:
    conversation = make_conversation(alice)
    address = reverse("conversation_export", args=[conversation.id])
    for headers in ({}, HTMX):
        page = client_of(alice).get(address, headers=headers).text
        assert re.findall(r"/export/(\w+)/", page) == ["markdown", "html", "json"]
        assert ".zip" not in page
    assert address in client_of(alice).get(reverse("conversation_detail", args=[conversation.id])).text


def test_only_the_owner_downloads(alice: User, charlie: User, client_of: ClientOf) -> None:
    conversation = make_conversation(alice)
    address = reverse("conversation_download", args=[conversation.id, "json"])
    assert client_of(alice).get(address.replace("json", "docx")).status_code == 404
    assert client_of(charlie).get(address).status_code == 404
    assert Client().get(address)["Location"].startswith("/accounts/login/")
