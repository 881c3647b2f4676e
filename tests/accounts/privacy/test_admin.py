"""The admin's pages of privacy: terms, the records of processing, the controls; for administrators alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.actions.people import give_role
from accounts.models import AuditEntry, Role, Terms, User
from accounts.privacy.registry import tables
from tests.accounts.privacy.conftest import asked_to_go
from tests.support.entrance import text_of

ClientOf = Callable[[User], Client]
PAGES = (
    *("terms", "consent", "legalhold", "erasurerequest", "breach", "erasurerequest/processing"),
    *("erasurerequest/controls", "terms/add", "legalhold/add"),
)


@pytest.mark.parametrize("page", PAGES)
def test_for_administrators_alone(alice: User, root: User, client_of: ClientOf, page: str) -> None:
    assert client_of(root).get(f"/admin/accounts/{page}/").status_code == 200
    give_role(user=alice, role=Role.MODERATOR)
    User.objects.filter(id=alice.id).update(is_staff=True)
    assert client_of(User.objects.get(id=alice.id)).get(f"/admin/accounts/{page}/").status_code == 403


def test_the_records_name_every_kind_of_row(root: User, client_of: ClientOf) -> None:
    page = text_of(client_of(root).get("/admin/accounts/erasurerequest/processing/"))
    for table in tables():
        assert table.model in page
    assert "Sensitivity: Restricted." in page
    assert "Legal basis: Legitimate interest." in page


def test_the_controls(root: User, client_of: ClientOf) -> None:
    page = text_of(client_of(root).get("/admin/accounts/erasurerequest/controls/"))
    for rule in ("GDPR 17", "CCPA 1798.105", "SOC 2 CC6.1", "tests/accounts/privacy/test_erasure.py"):
        assert rule in page


def test_versions_of_the_terms(root: User, alice: User, client_of: ClientOf) -> None:
    admin = client_of(root)
    assert "everybody has to agree" in text_of(admin.get("/admin/accounts/terms/add/"))
    assert admin.post("/admin/accounts/terms/add/", {"text": "Be kind."}).status_code == 302
    # Whoever wrote them agrees to them too.
    assert admin.get("/admin/").headers["Location"] == "/terms/?next=/admin/"
    admin.post("/terms/", {"version": "1", "agrees": "on"})
    admin.post("/admin/accounts/terms/add/", {"text": "Be kinder."})
    assert list(Terms.objects.values_list("version", "text")) == [(2, "Be kinder."), (1, "Be kind.")]
    assert AuditEntry.objects.filter(action="terms.published").count() == 2
    first = Terms.objects.get(version=1)
    admin.post("/terms/", {"version": "2", "agrees": "on"})
    assert admin.post(f"/admin/accounts/terms/{first.pk}/change/", {"text": "x"}).status_code == 403
    assert "Be kind." in text_of(admin.get(f"/admin/accounts/terms/{first.pk}/change/"))


def test_a_request_shows_no_address_once_it_is_gone(root: User, alice: User, client_of: ClientOf) -> None:
    asked_to_go(alice)
    listed = text_of(client_of(root).get("/admin/accounts/erasurerequest/"))
    assert "Waiting for its day" in listed
    assert "Records of processing" in listed
