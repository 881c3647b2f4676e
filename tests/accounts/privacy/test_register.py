"""The register names every model whose rows lead to a person, and the controls' tests exist."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from accounts.actions.erasures import request_erasure
from accounts.models import User
from accounts.privacy import registry
from accounts.privacy.controls import CONTROLS, Control
from accounts.privacy.registry import Erase, Rows, tables, undeclared
from tests.support.everything import make_everything
from tests.support.source import ROOT


def test_every_model_that_leads_to_a_person_is_declared() -> None:
    missing = undeclared()
    assert not missing, f"declare in the privacy.py of their app what becomes of {', '.join(missing)}"


def test_a_model_that_nobody_declared_is_named() -> None:
    with patch.dict(registry._registered, {"chat": ()}):
        assert {"chat.Conversation", "chat.Message", "chat.Checkpoint", "chat.PreferenceVote"} <= set(undeclared())
    with patch.dict(registry._registered, {"providers": ()}):
        # Led to by a plain id, or through two others.
        assert {"providers.Attempt", "providers.Reservation"} <= set(undeclared())


def test_what_stays_says_why() -> None:
    for table in tables():
        assert (table.erase == Erase.DELETED) or table.why, table.model
        assert bool(table.clears) == (table.erase == Erase.UNLINKED), table.model


def test_no_two_files_of_an_export_have_one_name() -> None:
    files = [table.export.file for table in tables() if isinstance(table.export, Rows)]
    assert len(files) == len(set(files))


def test_the_person_of_these_tests_has_rows_of_every_kind(root: User) -> None:
    make_everything(root)
    User.objects.create_superuser(email="other@example.org", password="x" * 20)
    request_erasure(user=root).steps.create(system="sign_in")
    none = [table.key for table in tables() if not table.rows(root.id).exists()]
    assert none == []


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.rule)
def test_the_tests_of_each_control_exist(control: Control) -> None:
    assert control.tests
    assert [name for name in control.tests if not (ROOT / name).is_file()] == []
