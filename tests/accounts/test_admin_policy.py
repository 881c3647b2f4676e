"""The admin's content policy is its own, and as narrow as its theme allows; the product's pages keep theirs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User

pytestmark = pytest.mark.security


def directives(policy: str) -> dict[str, set[str]]:
    return {name: set(values) for name, *values in (one.split() for one in policy.split(";") if one.strip())}


@pytest.mark.parametrize("path", ["/", "/reports/", "/accounts/login/", "/administration/"])
def test_the_products_pages_evaluate_nothing(client_of: Callable[[User], Client], db: None, path: str) -> None:
    admin = User.objects.create_superuser(email="root@example.org", password="four unrelated words")
    policy = client_of(admin).get(path)["Content-Security-Policy"]
    assert "unsafe" not in policy


@pytest.mark.parametrize("path", ["/admin/", "/admin/accounts/user/", "/admin/accounts/team/add/"])
def test_the_admins_pages_evaluate_expressions_and_take_nothing_from_elsewhere(
    client_of: Callable[[User], Client], db: None, path: str
) -> None:
    client = client_of(User.objects.create_superuser(email="root@example.org", password="four unrelated words"))
    page = client.get(path)
    found = directives(page["Content-Security-Policy"])
    assert found["script-src"] == {"'self'", "'unsafe-eval'"}
    assert found["style-src"] == found["font-src"] == found["connect-src"] == {"'self'"}
    assert found["default-src"] == found["frame-ancestors"] == {"'none'"}
    assert "<style" not in page.text
    assert " style=" not in page.text
    assert "https://" not in page.text


def test_it_wears_the_theme_that_the_person_chose(client_of: Callable[[User], Client], db: None) -> None:
    admin = User.objects.create_superuser(email="root@example.org", password="four unrelated words")
    for theme, worn in (("system", "auto"), ("light", "light"), ("dark", "dark")):
        User.objects.filter(id=admin.id).update(theme=theme)
        assert f'class="{worn}"' in client_of(admin).get("/admin/").text
