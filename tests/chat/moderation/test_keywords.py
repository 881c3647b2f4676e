"""Keyword lists flag what they find, after the answer has ended; so do providers' content filters."""

from __future__ import annotations

from django.test import Client

from accounts.models import AuditEntry, User
from chat.actions import checks
from chat.actions.checks import request_check
from chat.models import Flag, KeywordList, Message, MessageCheck
from chat.runs.engine import Engine
from chat.tasks import check_message, sweep_message_checks
from providers.errors import ContentFiltered
from tests.chat.moderation.conftest import ClientOf
from tests.support.answers import make_plain
from tests.support.scripted import ScriptedAdapter
from tests.support.turns import begin_turn, until


def make_list(name: str = "Of queues", entries: str = "queueing\nthread pool", **fields: object) -> KeywordList:
    return KeywordList.objects.create(name=name, entries=entries, **{"category": "spam", "severity": 1} | fields)


def test_a_message_is_flagged_once_for_each_category(answer: Message) -> None:
    make_list()
    make_list("More of queues", "look", severity=3)
    make_list("Of databases", "database", category="other", severity=2)
    make_list("Asleep", "database", category="hate", is_active=False)
    request_check(answer.runs.get())
    assert set(MessageCheck.objects.values_list("message_id", flat=True)) == {answer.id, answer.parent_id}
    assert check_message(str(answer.id)) == {"flagged": 2}
    assert check_message(str(answer.id)) == {"flagged": 0}
    found = {flag.category: flag for flag in Flag.objects.all()}
    assert found.keys() == {"spam", "other"}
    assert found["spam"].severity == 3
    assert found["spam"].details == {"lists": ["More of queues", "Of queues"]}
    assert AuditEntry.objects.filter(action="flag.made", actor=None).count() == 2
    assert not MessageCheck.objects.filter(message=answer).exists()


def test_a_list_that_is_off_flags_nothing(answer: Message) -> None:
    make_list(is_active=False)
    request_check(answer.runs.get())
    assert checks.check_message(answer.id) == 0
    assert not MessageCheck.objects.filter(message=answer).exists()


def test_the_question_is_looked_through_with_its_first_answer_alone(alice: User) -> None:
    make_list()
    run = make_plain(alice, run_fields={"kind": "retry"})
    request_check(run)
    assert list(MessageCheck.objects.values_list("message_id", flat=True)) == [run.message_id]


def test_what_was_lost_is_swept(answer: Message) -> None:
    make_list()
    request_check(answer.runs.get())
    assert sweep_message_checks() == {"queued": 2}


async def test_an_answer_that_ends_is_looked_through(engine: Engine, alice: User, script: ScriptedAdapter) -> None:
    await engine.database.run(make_list)
    turn = await begin_turn(engine, alice, "What is a thread pool?")
    script.say("A pool.")
    script.finish()
    await until(lambda: not list(engine.hub.runs()))
    waiting = await engine.database.run(lambda: set(MessageCheck.objects.values_list("message_id", flat=True)))
    flagged = await engine.database.run(lambda: set(Flag.objects.values_list("message_id", flat=True)))
    # A worker of this process may have been quick.
    assert waiting | flagged >= {turn.question.id}


async def test_what_a_provider_filters_is_flagged(engine: Engine, alice: User, script: ScriptedAdapter) -> None:
    turn = await begin_turn(engine, alice)
    script.fail(ContentFiltered("refused"))
    await until(lambda: not list(engine.hub.runs()))
    flag = await engine.database.run(Flag.objects.get)
    assert (flag.message_id, flag.source, flag.category) == (turn.answer.id, "provider", "other")
    assert flag.details["model"]


def test_lists_are_kept_in_the_admin(administrator: User, moderator: User, client_of: ClientOf) -> None:
    client = client_of(administrator)
    form = {"name": "One", "entries": "a\nb", "category": "hate", "severity": "3", "is_active": "on"}
    added: Client = client
    assert added.post("/admin/chat/keywordlist/add/", form).status_code == 302
    assert not KeywordList.objects.get().has_whole_words
    assert AuditEntry.objects.filter(action="admin.keywordlist.added").count() == 1
    assert client_of(moderator).get("/admin/chat/keywordlist/").status_code == 403
