"""The gauge of the context: what it shows, where, and that the end of an answer brings it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from accounts.models import User
from chat.gauge import gauge_of
from chat.models import Message, Run
from chat.runs.engine import Engine
from providers.models import UsageRecord
from tests.support.answers import Line, make_answer, make_plain
from tests.support.scripted import ScriptedAdapter
from tests.support.turns import begin_turn, until

ClientOf = Callable[[User], Client]
REPORT = {
    "window_tokens": 1_000,
    "room_tokens": 900,
    "reserve_tokens": 100,
    "considered_tokens": 300,
    "considered_messages": 1,
    "parts": [{"name": "question", "tokens": 300, "messages": 1, "shortened": 0}],
    "stages": [],
}


@pytest.mark.parametrize(
    ("counted", "percent", "is_narrow"), [((400, 100), 50, False), ((None, None), 30, False), ((900, 300), 100, True)]
)
def test_by_the_provider_else_by_the_estimate(
    alice: User, counted: tuple[int | None, int | None], percent: int, *, is_narrow: bool
) -> None:
    fields = {"input_tokens": counted[0], "output_tokens": counted[1]}
    run = make_plain(alice, message_fields=fields, run_fields={"context": REPORT})
    gauge = gauge_of(run.message, run)
    assert gauge is not None
    assert (gauge.percent, gauge.is_narrow) == (percent, is_narrow)


def test_it_says_what_the_conversation_has_cost(alice: User) -> None:
    run = make_answer(alice, lines=[Line(1, 4_300_000)], run_fields={"context": REPORT})
    UsageRecord.objects.update(subject_id=run.message.conversation_id)
    gauge = gauge_of(run.message, run)
    assert gauge is not None
    html = render_to_string("chat/_gauge.html", {"conversation": run.message.conversation, "gauge": gauge})
    assert ". Cost so far: $0.0043" in html


def test_where_nothing_is_known_nothing_is_shown(alice: User, client_of: ClientOf) -> None:
    run = make_plain(alice)
    assert gauge_of(run.message, run) is None
    assert gauge_of(run.message, None) is None
    page = client_of(alice).get(reverse("conversation_detail", args=[run.message.conversation_id])).text
    assert "gauge-arc" not in page


async def test_the_end_of_an_answer_brings_it(
    engine: Engine, alice: User, script: ScriptedAdapter, client_of: ClientOf
) -> None:
    turn = await begin_turn(engine, alice)
    script.say("Yes")
    script.finish()
    await until(lambda: engine.is_idle)
    message = await Message.objects.aget(id=turn.answer.id)
    run = await Run.objects.aget(message=message)
    assert run.context["parts"]
    client = await engine.database.run(client_of, alice)
    page = await engine.database.run(lambda: client.get(f"/conversations/{turn.conversation.id}/").text)
    assert ("gauge-arc" in page) == (run.context["window_tokens"] is not None)
