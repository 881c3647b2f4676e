"""Who gets what at every address: a line for each in the table below, tried with the whole cast."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from django.contrib import admin
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from pytest_django import Settings

from accounts.models import User
from chat.models import Conversation, Message
from tests.support.access import (
    ADMINISTRATOR,
    ANALYSTS,
    EVERYBODY,
    OWNER,
    SIGNED_IN,
    Line,
    both,
    get,
    post,
)
from tests.support.belongings import ENTITY, HERS, Things, make_belongings, make_cast

HTMX = {"HX-Request": "true"}

TURN = {"text": "And now?", "turn_key": "0192d4c8-0000-7000-8000-000000000001"}
MODEL = {"model": "offline/offline"}
PROMPT = {"name": "another", "title": "Another", "text": "Of something else"}

# By the name of the address, or by its route if it has none.
EXPECTED: dict[str, Line] = {
    "chat_new": get(SIGNED_IN),
    "conversation_create": post(SIGNED_IN, TURN),
    "chat_estimate": post(SIGNED_IN, TURN, asks=True),
    "conversation_list": get(SIGNED_IN),
    "conversation_detail": get(OWNER),
    "conversation_log": get(OWNER),
    "message_create": post(OWNER, TURN),
    "conversation_estimate": post(OWNER, TURN, asks=True),
    "conversation_rename": both(OWNER, {"title": "Another"}),
    "conversation_resolve": post(OWNER),
    "conversation_reopen": post(OWNER, of={"conversation_id": "resolved"}),
    "conversations_manage": both(SIGNED_IN, {"act": "pin"}, asks=True, answers=400),
    "conversation_menu": get(OWNER),
    "conversation_pin": post(OWNER),
    "conversation_unpin": post(OWNER, of={"conversation_id": "pinned"}),
    "conversation_archive": post(OWNER),
    "conversation_unarchive": post(OWNER, of={"conversation_id": "archived"}),
    "conversation_folder": both(OWNER, {"folder": "", "name": "Another"}),
    "conversation_tags": both(OWNER, {"new": "another"}),
    # No file is brought.
    "attachment_create": post(SIGNED_IN, {}, asks=True, answers=422),
    "attachment_waiting": get(SIGNED_IN),
    "attachment": get(OWNER),
    "attachment_thumbnail": get(OWNER),
    "attachment_delete": post(OWNER, of={"attachment_id": "waiting"}),
    "folder_create": both(SIGNED_IN, {"name": "Another"}),
    "folder": both(OWNER, {"act": "pin"}, asks=True, answers=400),
    "folder_menu": get(OWNER),
    "folder_rename": both(OWNER, {"name": "Another"}),
    "folder_delete": post(OWNER),
    "folder_restore": post(OWNER, of={"folder_id": "deleted_folder"}),
    "tag": both(OWNER, {"act": "pin"}, asks=True, answers=400),
    "archive": both(SIGNED_IN, {"act": "pin"}, asks=True, answers=400),
    "trash": both(SIGNED_IN, {"act": "empty"}, asks=True),
    "conversation_keep": post(OWNER, of={"conversation_id": "temporary"}),
    "conversation_trash": post(OWNER),
    "conversation_restore": post(OWNER),
    "conversation_settings": both(OWNER, {"temperature": "1.5"}),
    "conversation_memory": both(OWNER, {"memory": "buffer", "summary": ""}),
    "conversation_topics": post(OWNER, {"topics": "waiting"}),
    "entity_add": post(OWNER, {"name": "Another", "type": "person"}),
    "entity_change": post(OWNER, {"name": "Another", "type": "person"}),
    "entity_remove": post(OWNER),
    "relation_add": post(OWNER, {"source": "Bonn", "kind": "home of", "target": ENTITY}),
    "relation_change": post(OWNER, {"source": "Bonn", "kind": "home of", "target": ENTITY}),
    "relation_remove": post(OWNER),
    "conversation_model": both(OWNER, MODEL),
    "conversation_export": get(OWNER),
    "conversation_download": get(OWNER),
    "conversation_share": both(OWNER, {"expiry": "never"}),
    "exports": both(SIGNED_IN, {"format": "json"}),
    "export_download": get(OWNER),
    # No file is brought.
    "imports": both(SIGNED_IN, {}, asks=True, answers=422),
    "import_confirm": post(OWNER),
    "import_discard": post(OWNER),
    "share_list": get(SIGNED_IN),
    "share_revoke": post(OWNER),
    # Public by design, for whoever has the link.
    "share": get(EVERYBODY),
    "share_image": get(EVERYBODY),
    "bundle": get(EVERYBODY, of={"name": "bundle"}),
    "model_pick": both(SIGNED_IN, MODEL, asks=True),
    "model_compare": both(SIGNED_IN, {}, asks=True),
    "model_favourite": post(SIGNED_IN, {"model": "+offline/offline"}),
    "message_detail": get(OWNER),
    "message_text": get(OWNER),
    "message_reasoning": get(OWNER),
    "message_feedback": both(OWNER, {"feedback": "bad"}),
    "message_menu": get(OWNER),
    "message_edit": both(OWNER, TURN, of={"message_id": "question"}),
    "message_retry": both(OWNER, {}),
    "message_choose": post(OWNER, of={"message_id": "compared"}),
    "message_delete": both(OWNER, {}),
    "message_restore": post(OWNER, of={"message_id": "deleted"}),
    "message_share": both(OWNER, {"expiry": "never"}),
    "message_fork": post(OWNER),
    "message_continue": post(OWNER),
    "message_select": post(OWNER),
    "message_inspect": get(OWNER),
    # Its figures and errors; the words are looked for below.
    "run_inspect": get(OWNER | ADMINISTRATOR),
    "run_request": get(OWNER),
    "inspect_lookup": get(ADMINISTRATOR),
    "request_inspect": get(ADMINISTRATOR),
    "search": get(SIGNED_IN),
    "search_palette": get(SIGNED_IN),
    "status": get(SIGNED_IN),
    "level_pin": post(ADMINISTRATOR, {"level": "offline", "reason": "A try"}),
    "task_list": get(ADMINISTRATOR),
    # It is queued, for another process.
    "task_run": post(ADMINISTRATOR, {"task": "chat.tasks.purge_trash"}, asks=True),
    "shortcuts": get(SIGNED_IN),
    "memory": both(SIGNED_IN, {"instructions": "Be brief."}),
    "fact_add": post(SIGNED_IN, {"text": "I bake."}),
    "fact_change": post(OWNER, {"text": "I bake bread."}),
    "fact_forget": post(OWNER),
    "preferences": both(SIGNED_IN, {"temperature": "1.5"}),
    "privacy": get(SIGNED_IN),
    "data_request": both(SIGNED_IN, {}),
    "conversation_health": both(OWNER, {"agrees": "on"}),
    "terms": both(SIGNED_IN, {"version": "1", "agrees": "on"}),
    "terms_withdraw": post(SIGNED_IN),
    "consents_choose": post(SIGNED_IN, {"analytics": "on"}),
    # It takes the password of those who have one; the cast has none.
    "erasure_request": both(SIGNED_IN, {}),
    # None is asked for.
    "erasure_cancel": post(SIGNED_IN, asks=True),
    "theme_set": post(SIGNED_IN, {"theme": "dark"}),
    # It sets a cookie alone.
    "visitor_language": both(EVERYBODY, {"language": "vi"}, asks=True),
    "prompt_list": get(SIGNED_IN),
    "prompt_create": both(SIGNED_IN, PROMPT),
    "prompt_suggest": get(SIGNED_IN),
    "prompt_edit": both(OWNER, PROMPT),
    "prompt_use": both(OWNER, {}),
    "prompt_duplicate": post(OWNER),
    "prompt_delete": post(OWNER),
    "prompt_restore": post(OWNER, of={"prompt_id": "deleted_prompt"}),
    "reports": get(ANALYSTS),
    "worth_set": post(ADMINISTRATOR, {"value": "4.50"}),
    "experiments": get(ANALYSTS),
    "experiment": get(ANALYSTS),
    "experiment_start": post(
        ADMINISTRATOR,
        {
            "name": "Words",
            "setting": "system_prompt",
            "variant_a": "Briefly.",
            "variant_b": "At length.",
            "share_percent": "50",
        },
    ),
    "experiment_stop": post(ADMINISTRATOR),
    "report_download": get(ANALYSTS, of={"name": "report"}),
    "run_stop": post(OWNER, of={"run_id": "unfinished"}),
    "providers": get(ADMINISTRATOR),
    "response_cache": get(ADMINISTRATOR),
    "response_cache_change": post(ADMINISTRATOR, {"shared_scope": "site"}),
    "response_cache_empty": post(ADMINISTRATOR),
    "rehearsal": both(ADMINISTRATOR, {"fault": "wrong-key"}, asks=True),
    "endpoint_add": both(
        ADMINISTRATOR, {"name": "shed", "adapter": "openai", "base_url": "http://127.0.0.1:9", "default_model": "llama"}
    ),
    "endpoint_save": post(ADMINISTRATOR, {"base_url": "http://127.0.0.1:9", "default_model": "llama"}),
    "endpoint_test": post(ADMINISTRATOR),
    "endpoint_enable": post(ADMINISTRATOR),
    "endpoint_remove": post(ADMINISTRATOR),
    "endpoint_limit": post(ADMINISTRATOR, {"tiers": "free"}),
    "model_list": get(ADMINISTRATOR),
    "model_edit": both(ADMINISTRATOR, {"model_id": "alpaca"}),
    "model_forget": post(ADMINISTRATOR, {"model": "llama"}),
    # The lab is off.
    "models_ask": post(ADMINISTRATOR, asks=True, answers=409),
    "models_add": post(ADMINISTRATOR, {"model": "alpaca"}),
    "budgets": get(ADMINISTRATOR),
    "budget_create": post(ADMINISTRATOR, {"scope": "site", "period": "month", "unit": "tokens", "limit": "1000"}),
    "budget_change": post(ADMINISTRATOR, {"limit": "2000"}),
    "budget_enable": post(ADMINISTRATOR, of={"budget_id": "idle_budget"}),
    "budget_disable": post(ADMINISTRATOR),
    "budget_remove": post(ADMINISTRATOR),
    "usage": get(SIGNED_IN),
    "own_key_list": get(SIGNED_IN),
    # A key would be tried at the vendor's; none is asked for.
    "own_key_save": post(SIGNED_IN, asks=True, answers=422, of={"name": "own_key"}),
    "own_key_remove": post(OWNER, of={"name": "own_key"}),
    # Public by design: the way in, and a page that leads elsewhere.
    "account_login": both(EVERYBODY, {}, asks=True),
    "admin/password_change/": both(EVERYBODY, {}, asks=True),
    # Its login tells who isn't of the staff that it is not for them.
    "admin:index": both(frozenset({"moderator", "administrator"}), {}, asks=True, refuses="login"),
}
LEFT_OUT = {
    "accounts/": "allauth's: for visitors, and for each person's own account; tests/accounts walks through them",
    "admin/": "Django's: all of it is for administrators, which a test of its own says; its first page has a line",
}


@dataclass(frozen=True, slots=True)
class Address:
    key: str
    route: str
    parameters: tuple[str, ...]


def addresses(patterns: Iterable[Any], route: str = "", space: str = "", above: tuple[str, ...] = ()) -> list[Address]:
    """All below these patterns, but those that are left out."""
    found = []
    for one in patterns:
        path, parameters = route + str(one.pattern), (*above, *one.pattern.regex.groupindex)
        if isinstance(one, URLPattern):
            found.append(Address(f"{space}{one.name}" if one.name else path, path, parameters))
        elif path not in LEFT_OUT:
            below = f"{space}{one.namespace}:" if one.namespace else space
            found += addresses(one.url_patterns, path, below, parameters)
    return found


ADDRESSES = [*addresses(get_resolver().url_patterns), Address("admin:index", "admin/", ())]


@dataclass
class Site:
    """The cast, each in a browser of their own, and what there is."""

    clients: dict[str, Client]
    things: Things

    def path(self, address: Address, line: Line) -> str:
        if address.key == address.route:
            return f"/{address.route}"
        return reverse(address.key, kwargs={name: self.things[line.of.get(name, name)] for name in address.parameters})


@pytest.fixture
def site(db: None, settings: Settings, client_of: Callable[[User], Client]) -> Site:
    settings.OWN_KEYS_ALLOWED = True
    cast = make_cast()
    things = make_belongings(cast["owner"])
    clients = {"visitor": Client()} | {name: client_of(person) for name, person in cast.items()}
    for client in clients.values():
        # Each would look through the static files for itself.
        client.handler = clients["visitor"].handler
    return Site(clients, things)


def stored() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, but for sessions."""
    with connection.cursor() as cursor:
        found = {}
        for table in connection.introspection.django_table_names(only_existing=True, include_views=False):
            if table != Session._meta.db_table:
                cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608  # names of ours
                found[table] = cursor.fetchall()
        return found


def ask(client: Client, method: str, path: str, form: dict[str, str], headers: dict[str, str]) -> Any:
    return client.post(path, form, headers=headers) if method == "POST" else client.get(path, headers=headers)


def text_of(response: Any) -> str:
    return b"".join(response).decode()


def outcome(response: Any, line: Line) -> str:
    """It leads to the login, opens, or is refused with a status."""
    leads_to = response.get("Location", "") or response.get("HX-Redirect", "")
    if response.status_code in (302, 401) and leads_to.startswith(("/accounts/login/", "/admin/login/")):
        return "login"
    return "opens" if response.status_code in (200, 204, 302, line.answers) else str(response.status_code)


def due(line: Line, name: str, method: str) -> str:
    if name == "visitor" and name not in line.who:
        return "login"
    if method not in line.methods:
        return "405"
    return "opens" if name in line.who else line.refuses


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address.key)
def test_everybody_gets_what_is_for_them(address: Address, site: Site) -> None:
    line = EXPECTED.get(address.key)
    assert line, f"/{address.route} has no line: add one to EXPECTED for {address.key!r} that says who may use it"
    path, before = site.path(address, line), stored()
    for name, client in site.clients.items():
        for method in ("GET", "POST"):
            comes_to = due(line, name, method)
            # A door is not to be passed by asking for a part of the page.
            for headers in [{}] if comes_to == "opens" else [{}, HTMX]:
                with transaction.atomic():
                    answer = ask(client, method, path, line.form, headers)
                    has_changed = stored() != before
                    transaction.set_rollback(True)
                changes = comes_to == "opens" and method == "POST" and not line.asks
                said = (name, method, headers, outcome(answer, line), has_changed)
                assert said == (name, method, headers, comes_to, changes)
                # Read whole, also where nothing is looked for: that closes a file.
                text = text_of(answer)
                assert name == "owner" or [words for words in HERS if words in text] == []


def test_no_id_in_a_form_or_a_query_leads_to_what_is_anothers(site: Site) -> None:
    client, hers = site.clients["stranger"], str(site.things["message_id"])
    client.post("/conversations/", TURN)
    own = Conversation.objects.get(owner__email="stranger@example.org")
    page = f"/conversations/{own.id}/"
    before = stored()
    assert client.get(page, {"before": hers}).status_code == 404
    assert client.get(f"{page}log/", {"before": hers}).status_code == 404
    refused = client.post(f"{page}messages/", {"text": "Go on", "turn_key": str(uuid4()), "parent": hers})
    assert refused.status_code == 422
    assert stored() == before
    client.post("/conversations/", {"text": "Another", "turn_key": str(uuid4()), "parent": hers})
    assert Message.objects.get(author=own.owner, text="Another").parent is None


def pages_of_the_admin() -> Iterator[str]:
    """Each page of each of its models, for a row that there is."""
    for model, model_admin in admin.site._registry.items():
        first = model._default_manager.first()
        assert first, f"{model.__name__} has no row: add one to make_belongings"
        for one in addresses(model_admin.get_urls(), space="admin:"):
            if one.key.startswith("admin:"):
                yield reverse(one.key, kwargs=dict.fromkeys(one.parameters, first.pk))


@pytest.mark.parametrize("name", ["visitor", "stranger", "moderator"])
def test_the_admins_pages_are_for_administrators(name: str, site: Site, settings: Settings) -> None:
    settings.RATE_LIMIT_IP_REQUESTS = 1_000
    line = get(ADMINISTRATOR)
    before, pages = stored(), list(pages_of_the_admin())
    assert len(pages) > 30
    for path in pages:
        for method in ("GET", "POST"):
            answer = ask(site.clients[name], method, path, {"post": "yes"}, {})
            # Moderators are let in, and find nothing.
            assert (path, method, outcome(answer, line)) == (path, method, "403" if name == "moderator" else "login")
    assert stored() == before
    assert outcome(site.clients["administrator"].get("/admin/chat/conversation/"), line) == "opens"


def test_nothing_is_expected_or_left_out_that_is_not_there() -> None:
    assert EXPECTED.keys() <= {address.key for address in ADDRESSES}
    assert LEFT_OUT.keys() <= {str(one.pattern) for one in get_resolver().url_patterns}


def test_what_is_looked_for_stands_on_its_owners_pages(site: Site) -> None:
    """Otherwise it would be missed on nobody's."""
    pages = (
        "conversation_detail",
        "message_reasoning",
        "message_feedback",
        "conversation_settings",
        "conversation_memory",
        "memory",
        "own_key_list",
        "prompt_use",
    )
    owner = site.clients["owner"]
    seen = "".join(owner.get(site.path(one, EXPECTED[one.key])).text for one in ADDRESSES if one.key in pages)
    assert [words for words in HERS if words not in seen] == []
