"""Whatever people, models, vendors and imports wrote stands on pages as text, wherever it is shown."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from django.core import mail
from django.test import Client
from pytest_django import Settings

from chat.models import Conversation, Message
from tests.support.access import EXPECTED
from tests.support.hostile import EVIL, MARK, active_in, evil_html, make_hostile
from tests.support.walk import ADDRESSES, ALL_ADDRESSES, Address, Site, pages_of_the_admin

# Of what people may send in a query
QUERY = dict.fromkeys(
    (
        "q",
        "text",
        "prompt",
        "model",
        "title",
        "name",
        "folder",
        "tag",
        "next",
        "error",
        "compare",
        "state",
        "reference",
    ),
    EVIL,
)
# Where each kind of text is looked for: it has to be there, or nothing was shown by looking.
SHOWN = {
    "titles, answers, questions and file names": "conversation_detail",
    "the list of titles": "conversation_list",
    "reasoning": "message_reasoning",
    "comments": "message_feedback",
    "snippets of a search": "search",
    "snippets of the palette": "search_palette",
    "folders": "folder",
    "tags": "tag",
    "prompts": "prompt_list",
    "a prompt's fields": "prompt_edit",
    "facts and instructions": "memory",
    "settings": "conversation_settings",
    "a summary and entities": "conversation_memory",
    "Inspect": "message_inspect",
    "the page of a link": "share",
    "links": "share_list",
    "imports": "imports",
    "decisions": "decisions",
    "appeals": "moderation_appeals",
    "API keys": "api_key_list",
    "sessions": "session_list",
    "models": "model_list",
    "providers": "providers",
    "experiments": "experiments",
    "terms": "terms",
}
# Whom pages have the most for
ASKING: tuple[tuple[str, dict[str, str]], ...] = (
    ("owner", {}),
    ("owner", {"HX-Request": "true"}),
    ("administrator", {}),
)


@pytest.fixture
def hostile(site: Site, settings: Settings) -> Site:
    assert make_hostile() > 100
    Message.objects.update(html=evil_html(), render_version=2)
    return site


def page_of(answer: Any) -> str:
    text = b"".join(answer).decode("utf-8", "replace")
    is_page = answer.headers.get("Content-Type", "").startswith(("text/html", "application/xhtml"))
    return text if is_page else ""


def faults(path: str, answer: Any) -> list[str]:
    assert answer.status_code < 500, path
    return [f"{answer.request['REQUEST_METHOD']} {path}: {one}" for one in active_in(page_of(answer))]


def test_no_page_runs_it(hostile: Site) -> None:
    found, seen = list[str](), set[str]()
    for address in ALL_ADDRESSES:
        path = hostile.any_path(address)
        query = {"q": MARK} if address.key.startswith("search") else {}
        for name, headers in ASKING:
            if address.key != "account_logout":
                answer = hostile.clients[name].get(path, query, headers=headers)
                seen |= {address.key} if not answer.streaming and MARK in answer.text else set()
                found += faults(path, answer)
    assert found == []
    assert " ".join(key for key in SHOWN.values() if key not in seen) == ""


def test_the_moderators_transcript_runs_nothing(hostile: Site) -> None:
    path = f"/admin/moderation/conversations/{hostile.things['flagged']}/"
    answer = hostile.clients["administrator"].get(path)
    assert (MARK in answer.text, faults(path, answer)) == (True, [])


def test_no_page_of_the_admin_runs_it(hostile: Site) -> None:
    client, found, seen = hostile.clients["administrator"], list[str](), 0
    for path in pages_of_the_admin():
        answer = client.get(path)
        found += faults(path, answer)
        seen += MARK in answer.text
    assert found == []
    assert seen > 30


def test_no_page_runs_what_its_address_says(site: Site) -> None:
    found = []
    for address in ALL_ADDRESSES:
        for name in ("visitor", "administrator"):
            if address.key != "account_logout":
                path = site.any_path(address)
                found += faults(path, site.clients[name].get(path, QUERY))
    assert found == []


def forms() -> list[Address]:
    return [one for one in ADDRESSES if "POST" in EXPECTED[one.key].methods]


def test_no_answer_to_a_form_runs_what_was_sent(site: Site) -> None:
    """As text of every field, which most forms refuse with a page that shows it."""
    found = []
    for address in forms():
        line = EXPECTED[address.key]
        name = "owner" if "owner" in line.who else "administrator"
        for headers in ({}, {"HX-Request": "true", "HX-Trigger": "composer"}):
            path = site.path(address, line)
            answer = site.clients[name].post(path, dict.fromkeys([*line.form, *QUERY], EVIL), headers=headers)
            if address.key != "other_sessions_end":
                found += faults(path, answer)
    assert found == []


def test_no_page_for_errors_runs_it(db: None) -> None:
    client = Client(raise_request_exception=False)
    for path in (f"/{EVIL}", f"/conversations/{EVIL}/", f"/static/{EVIL}", f"/bundles/{EVIL}/app.css"):
        answer = client.get(path, headers={"HX-Request": "false", "Referer": EVIL, "User-Agent": EVIL})
        assert (answer.status_code < 500, active_in(answer.text)) == (True, []), path


def test_exports_run_nothing(hostile: Site) -> None:
    conversation = Conversation.objects.get(id=str(hostile.things["conversation_id"]))
    for file_format in ("html", "markdown", "json"):
        answer = hostile.clients["owner"].get(f"/conversations/{conversation.id}/export/{file_format}/")
        content = b"".join(answer)
        if content.startswith(b"PK"):
            # With its files beside it
            archive = ZipFile(BytesIO(content))
            assert [name for name in archive.namelist() if "/.." in name or name.startswith(("/", ".."))] == []
            content = b"".join(archive.read(name) for name in archive.namelist() if name.endswith((".md", ".json")))
        text = content.decode()
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert MARK in text
        assert file_format != "html" or active_in(text) == []


def test_mails_are_plain_text(hostile: Site, settings: Settings) -> None:
    settings.SENDS_MAIL = True
    hostile.clients["owner"].post("/privacy/data/")
    Client().post("/accounts/password/reset/", {"email": "owner@example.org"})
    assert mail.outbox
    for one in mail.outbox:
        assert not getattr(one, "alternatives", [])
        assert one.message().get_content_type() == "text/plain"
