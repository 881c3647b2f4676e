"""Of all models there are: which the admin has, how it shows them, and that no list asks more for more rows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.apps import apps
from django.contrib import admin as django_admin
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.admin.audited import AuditedAdmin
from accounts.admin.read_only import ReadOnlyAdmin
from accounts.models import User
from tests.support.entrance import text_of
from tests.support.rows import SINGLE, make_row

REGISTRY = django_admin.site._registry
MODELS = sorted(REGISTRY, key=lambda model: model._meta.label)
NOT_SHOWN = {
    "account.EmailConfirmation": "links in mails are signed instead, so nothing is ever stored in it",
    "accounts.ErasureStep": "it stands with its request",
    "accounts.InactivityNotice": "it says only when somebody was told",
    "accounts.SSOGrant": "the page of claim mapping says what claims gave",
    "accounts.SSOSession": "its key is as good as a password",
    "accounts.SSOTrace": "the page of claim mapping lists them",
    "admin.LogEntry": "what is changed in the admin stands in the audit log, which nobody can edit",
    "chat.ConversationPlaceholders": "they stand for what people wrote, encrypted",
    "chat.GuardRule": "it stands with its policy",
    "chat.MessageCheck": "it goes once its message is looked through",
    "auth.Group": "the four roles are fixed, and stand with the person",
    "auth.Permission": "what a role may do is said in code",
    "contenttypes.ContentType": "Django's own list of models",
    "sessions.Session": "its key is as good as a password",
    "socialaccount.SocialAccount": "the page of claim mapping says who comes from where",
    "socialaccount.SocialApp": "providers of identity have a model of ours, which encrypts the secret",
    "socialaccount.SocialToken": "none is stored",
    "usersessions.UserSession": "whose it is sees and ends it",
}
# What people write, and what opens doors: no list and no page of a row says it.
SECRET = {
    "account.EmailAddress": (),
    "accounts.APIKey": ("hash",),
    "accounts.Preferences": ("instructions", "facts"),
    "accounts.User": ("password",),
    "chat.Attachment": ("text",),
    "chat.Checkpoint": ("text_delta",),
    "chat.ConversationEntities": ("graph",),
    "chat.ConversationExport": ("file",),
    "chat.ConversationImport": ("file", "report"),
    "chat.Experiment": ("variant_a", "variant_b"),
    "chat.Message": ("text", "html", "parts", "metadata", "feedback_comment"),
    "chat.Prompt": ("text",),
    "chat.Run": ("settings", "context", "understanding"),
    "chat.SearchEntry": ("words",),
    "chat.Share": ("token", "snapshot"),
    "providers.Attempt": ("wire_request", "error_detail"),
    "providers.CachedResponse": ("text", "embedding"),
    "providers.Endpoint": ("api_key_encrypted", "last_failure"),
    "providers.EndpointCheck": ("failure",),
    "providers.PersonalEndpoint": ("api_key_encrypted", "last_failure"),
}


@pytest.fixture
def admin(db: None, client_of: Callable[[User], Client]) -> Client:
    return client_of(User.objects.create_superuser(email="root@example.org", password="four unrelated words"))


def label(model: type[models.Model]) -> str:
    return model._meta.label


def list_of(model: type[models.Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def page_of(row: models.Model) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def test_every_model_is_shown_or_named_with_its_reason() -> None:
    missing = {model._meta.label for model in apps.get_models()} - {model._meta.label for model in REGISTRY}
    assert missing == NOT_SHOWN.keys()


@pytest.mark.parametrize("model", MODELS, ids=label)
def test_what_is_changed_is_audited_and_the_rest_is_read_only(model: type[models.Model]) -> None:
    assert isinstance(REGISTRY[model], AuditedAdmin | ReadOnlyAdmin)


@pytest.mark.parametrize("model", MODELS, ids=label)
def test_a_list_asks_no_more_for_more_rows(model: type[models.Model], admin: Client) -> None:
    # What is asked for once in a process, such as content types.
    assert admin.get(list_of(model)).status_code == 200
    asked = []
    for more in (2, 18):
        for _ in range(1 if model._meta.label in SINGLE else more):
            make_row(model)
        with CaptureQueriesContext(connection) as queries:
            assert admin.get(list_of(model)).status_code == 200
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 8, [query["sql"] for query in queries]


@pytest.mark.parametrize("model", MODELS, ids=label)
def test_no_page_says_what_is_secret(model: type[models.Model], admin: Client) -> None:
    row = make_row(model)
    for path in (list_of(model), page_of(row)):
        page = admin.get(path)
        assert page.status_code == 200
        for name in SECRET.get(model._meta.label, ()):
            value = row._meta.get_field(name).value_from_object(row)
            assert not value or str(value) not in page.text
            # Of a password its page says how it is kept.
            assert f"field-{name}" not in page.text or model is User


@pytest.mark.parametrize("model", MODELS, ids=label)
def test_no_list_is_narrowed_by_what_is_secret(model: type[models.Model], admin: Client) -> None:
    """An address may name a field: letter by letter it would say what stands there."""
    row, shown = make_row(model), REGISTRY[model]
    secret = set(SECRET.get(model._meta.label, ()))
    if isinstance(shown, ReadOnlyAdmin):
        secret |= {*shown.unread} - {*(shown.fields or ())}
    for name in sorted(secret):
        value = str(row._meta.get_field(name).value_from_object(row))
        for lookup in (name, f"{name}__startswith", f"{name}__contains", f"{name}__isnull"):
            assert admin.get(list_of(model), {lookup: value[:2]}).status_code == 400, lookup


@pytest.mark.parametrize("model", MODELS, ids=label)
def test_every_list_is_searched_without_fault(model: type[models.Model], admin: Client) -> None:
    row = make_row(model)
    for words in ("person", "12", "9" * 30, "\N{SNOWMAN} '\";--", str(row.pk)):
        assert admin.get(list_of(model), {"q": words}).status_code == 200, words


@pytest.mark.parametrize("model", MODELS, ids=label)
def test_every_filter_of_every_list_answers(model: type[models.Model], admin: Client) -> None:
    make_row(model)
    page = admin.get(list_of(model))
    for spec in page.context["cl"].filter_specs:
        for choice in spec.choices(page.context["cl"]):
            if "query_string" in choice:
                assert admin.get(list_of(model) + choice["query_string"]).status_code == 200, choice


@pytest.mark.parametrize("model", [one for one in MODELS if isinstance(REGISTRY[one], ReadOnlyAdmin)], ids=label)
def test_nothing_that_is_read_only_is_changed(model: type[models.Model], admin: Client) -> None:
    row = make_row(model)
    before = list(model._default_manager.values())
    assert admin.get(f"{list_of(model)}add/").status_code == 403
    assert admin.post(page_of(row), {"name": "Mine"}).status_code == 403
    assert admin.post(f"{list_of(model)}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert list(model._default_manager.values()) == before


def test_all_that_is_registered_stands_on_the_first_page(admin: Client) -> None:
    page = admin.get("/admin/")
    for model in MODELS:
        assert f'href="{list_of(model)}"' in page.text, model
    assert "Back to the chat" in text_of(page)
