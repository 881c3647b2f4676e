"""The cast, the network guard, and an engine with its server for tests that need one."""

from __future__ import annotations

import gc
import socket
from collections.abc import AsyncGenerator, Callable, Iterator
from functools import partial
from pathlib import Path
from shutil import copyfile
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import Client, SimpleTestCase, TransactionTestCase
from pytest_django import DjangoDbBlocker, Settings

from accounts.limits import current_limiter
from accounts.models import User
from chat.guards.policies import forget_policies
from chat.runs.engine import Engine
from providers.budgets import forget_budgets
from providers.catalog import put_in_force
from providers.configured import forget_rows
from providers.estimates import forget_medians
from providers.payers import forget_teams
from providers.prices import forget_versions
from tests.support.emptying import empty_tables
from tests.support.limits import grow_older, hold_clock
from tests.support.migrated import migrated_file
from tests.support.place import Place, own_place
from tests.support.scripted import ScriptedAdapter
from tests.support.server import Server, running_server
from tests.support.stage import Stage
from tests.support.staged import scripted_engine

# How long an example takes says something of the machine only. The suite tries the same examples each time;
# `--hypothesis-profile search` tries others.
for _profile, _is_fixed in (("suite", True), ("search", False)):
    hypothesis.settings.register_profile(
        _profile, deadline=None, derandomize=_is_fixed, suppress_health_check=[hypothesis.HealthCheck.too_slow]
    )
hypothesis.settings.load_profile("suite")

LOOPBACK = {"127.0.0.1", "::1", "localhost"}


# What neither database nor Redis can change is tested once, in the embedded set-up: what asks for neither, and these.
ONCE = (
    "tests/browser/",
    "tests/chat/rendering/",
    "tests/providers/adapters/",
    "tests/providers/routing/",
    "tests/providers/tokens/",
    "tests/providers/embeddings/",
    "tests/translations/",
    "tests/chat/understanding/",
    "tests/chat/prompts/",
    "tests/chat/experiments/",
    "tests/chat/shares/",
    "tests/chat/imports/test_hostile.py",
    "tests/chat/imports/test_products.py",
    "tests/chat/test_asking_back.py",
    "tests/chat/test_follow_ups",
    "tests/chat/test_inspect",
    "tests/chat/test_model_picker.py",
    "tests/chat/test_preferences.py",
    "tests/chat/test_conversation_commands.py",
    "tests/chat/test_memory_page.py",
    "tests/chat/test_admin.py",
    "tests/accounts/test_admin.py",
    "tests/accounts/test_sign_",
    "tests/accounts/test_second_factor.py",
    "tests/accounts/sso/test_pages.py",
    "tests/accounts/sso/test_saml.py",
    "tests/accounts/sso/test_tokens.py",
    "tests/accounts/sso/test_vendors.py",
    "tests/providers/test_budget_pages.py",
    "tests/providers/test_checks.py",
    "tests/providers/test_custom_endpoints.py",
    "tests/providers/test_endpoint",
    "tests/providers/test_faults.py",
    "tests/providers/test_model_rows.py",
    "tests/providers/test_own_keys.py",
    "tests/providers/test_rehearsal",
    "tests/chat/attachments/test_create.py",
    "tests/chat/attachments/test_reading.py",
    "tests/chat/attachments/test_moving.py::TestRandomFiles",
    "tests/chat/test_titles_served.py",
    # Redis' clock can't be held; its windows have tests of their own.
    "tests/chat/test_turn_limits.py",
    "tests/chat/test_resync.py::test_a_cut_at_any_point",
    "tests/convoscope/test_serving.py::test_under_daphne",
    "tests/chat/test_encrypted_walk.py::test_no_address",
    "tests/chat/test_lost_keys.py::test_no_address",
    "tests/chat/test_lost_keys.py::test_no_page",
    "tests/security/",
    "tests/test_access_matrix.py",
    "tests/test_docs.py",
    # Where processes race they do so on servers, too.
    "tests/test_tasks_killed.py::test_killed",
)
# Of the pages in a browser, those whose way depends on servers; and what asks Redis, but no database.
TWICE = (
    "tests/browser/test_story.py",
    "tests/browser/test_streaming.py::test_two_tabs_show_the_same",
    "tests/browser/test_streaming.py::test_where_sockets_are_blocked_the_answer_comes_as_events",
    "tests/browser/test_streaming.py::test_socket_cut_after_any_object[1]",
    "tests/browser/test_streaming.py::test_events_of_a_session_that_ended_end_too",
    "tests/accounts/test_limit_windows.py",
    "tests/convoscope/test_cache.py",
    "tests/providers/test_breaker",
)
DATABASE_FIXTURES = {"db", "transactional_db", "place", "empty_place"}


def _depends_on_servers(item: pytest.Item) -> bool:
    if item.nodeid.startswith(TWICE):
        return True
    is_django_test_case = issubclass(getattr(item, "cls", None) or object, SimpleTestCase)
    asks_database = is_django_test_case or item.get_closest_marker("django_db") is not None
    asks_database |= not DATABASE_FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))
    return asks_database and not item.nodeid.startswith(ONCE)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if settings.IS_EMBEDDED:
        return
    config.hook.pytest_deselected(items=[item for item in items if not _depends_on_servers(item)])
    items[:] = [item for item in items if _depends_on_servers(item)]


def pytest_collection_finish() -> None:
    """What is there from now on stays to the end: thousands of tests that no collection of garbage need look at."""
    gc.collect()
    gc.freeze()


# pytest-django's `transactional_db` ends with it.
TransactionTestCase._fixture_teardown = empty_tables  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_modify_db_settings_parallel_suffix: None) -> Iterator[bool]:
    """On SQLite a worker's database begins as a copy of one that migrations have been through."""
    if connection.vendor != "sqlite":
        yield False
        return
    path = Path(settings.DATABASES["default"]["TEST"]["NAME"])
    copyfile(migrated_file(), path)
    yield True
    connection.close()
    path.unlink()


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that reaches for the network fails with the address it wanted."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[0] not in LOOPBACK:
            raise AssertionError(f"a test reached for {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session", autouse=True)
def _leave_the_database_alone(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A thread that a test left behind may still hold a connection; PostgreSQL drops no database in use."""
    yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture(autouse=True)
def _clean_cache() -> None:
    cache.clear()


@pytest.fixture(autouse=True)
def _nothing_kept_of_other_tests() -> Iterator[None]:
    """What the process remembers of rows: those of the last test are gone; and the limits' time stands still."""
    hold_clock(current_limiter().windows)
    for forget in (forget_budgets, forget_medians, forget_policies, forget_rows, forget_teams, forget_versions):
        forget()
    yield
    forget_rows()
    put_in_force(None)


def _person(name: str) -> User:
    return User.objects.create_user(email=f"{name}@example.org", password="a long enough password")


@pytest.fixture
def alice(db: None) -> User:
    """Owns what a test makes."""
    return _person("alice")


@pytest.fixture
def charlie(db: None) -> User:
    """Has no access to anything of Alice's."""
    return _person("charlie")


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    def make(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return make


@pytest.fixture
def let_pass() -> Callable[[float], None]:
    """Makes what was counted so many seconds older, for the limits on people."""
    return partial(grow_older, current_limiter().windows)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Folder and database of server processes."""
    with own_place(tmp_path) as place:
        yield place


@pytest.fixture
def empty_place(tmp_path: Path) -> Iterator[Place]:
    """One that nothing has ever run in."""
    with own_place(tmp_path, is_empty=True) as place:
        yield place


@pytest.fixture
def stage() -> Stage:
    """Endpoints that play what the test gives them, without an engine."""
    return Stage()


@pytest.fixture
def script() -> ScriptedAdapter:
    return ScriptedAdapter()


@pytest.fixture
async def engine(transactional_db: None, script: ScriptedAdapter, settings: Settings) -> AsyncGenerator[Engine, None]:
    """In the test's own loop."""
    async with scripted_engine(script, settings) as engine:
        yield engine


@pytest.fixture
async def server(engine: Engine) -> AsyncGenerator[Server, None]:
    async with running_server() as server:
        yield server
