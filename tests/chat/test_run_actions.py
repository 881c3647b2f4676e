"""Stop, retry, continue: what a person does to a run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import aiohttp
import orjson
import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from chat.actions.runs import stop_run
from chat.models import Checkpoint, Message, Run
from chat.runs.engine import Engine
from chat.runs.leases import claim_run
from chat.runs.live import Interruption
from providers.contract import Finished
from providers.errors import RateLimited
from providers.models import Attempt
from tests.support.live_page import LivePage
from tests.support.scripted import ScriptedAdapter
from tests.support.server import Server, next_object, signed_in
from tests.support.turns import begin_turn, make_turn, until

ClientOf = Callable[[User], Client]


def answer() -> Message:
    return Message.objects.filter(role="assistant").latest("created_at")


def attempt() -> Attempt:
    return Attempt.objects.get()


async def ended(engine: Engine) -> Message:
    await asyncio.sleep(0)
    await until(lambda: engine.is_idle)
    return await engine.database.run(answer)


async def test_stop_is_seen_keeps_the_text_and_closes_the_call(
    server: Server, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    async with signed_in(server, alice) as person:
        conversation_id = await person.begin("Go on and on")
        page = LivePage(await person.get(f"/conversations/{conversation_id}/"))
        article = next(iter(page.articles.values()))
        async with person.socket(conversation_id) as connection:
            await connection.send_bytes(orjson.dumps(page.hello()))
            script.say("Some ", "text")
            while "text" not in next(iter(page.articles.values())).html:
                page.receive(await next_object(connection))
            response = await person.post(f"/runs/{article.run}/stop/")
            assert response.status == 204
            while next(iter(page.articles.values())).is_busy:
                page.receive(await next_object(connection))
    message = await ended(engine)
    assert (message.status, message.finish_reason, message.text) == ("stopped", "stopped", "Some text")
    assert script.closed_calls == 1
    assert (await engine.database.run(attempt)).outcome == Attempt.Outcome.STOPPED


async def test_stop_before_the_first_token(engine: Engine, alice: User, script: ScriptedAdapter) -> None:
    turn = await begin_turn(engine, alice)
    await until(lambda: script.requests)
    await engine.database.run(stop_run, run=turn.run)
    message = await ended(engine)
    assert (message.status, message.text) == ("stopped", "")


async def test_stop_of_a_run_that_another_process_holds_is_read_with_its_checkpoint(
    engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    turn = await begin_turn(engine, alice)
    await until(lambda: script.requests)
    await engine.database.run(Run.objects.update, stop_requested_at=timezone.now())
    await engine._journal.save()
    assert (await ended(engine)).status == "stopped"
    assert turn.is_new


@pytest.mark.django_db(transaction=True)
def test_stop_of_a_run_nobody_works_on_ends_it_with_what_was_saved(alice: User) -> None:
    turn = make_turn(alice)
    claim = claim_run(turn.run.id, owner=uuid4())
    assert claim is not None
    Checkpoint.objects.create(run_id=turn.run.id, fence=1, n=0, text_delta="**saved**")
    Run.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    stop_run(run=Run.objects.get())
    message = answer()
    assert (message.status, message.text, message.html) == ("stopped", "**saved**", "<p><strong>saved</strong></p>")
    assert not Checkpoint.objects.exists()
    stop_run(run=Run.objects.get())
    assert Run.objects.get().status == Run.Status.STOPPED


@pytest.mark.django_db(transaction=True)
def test_stop_leaves_a_run_to_the_process_that_holds_it(alice: User) -> None:
    turn = make_turn(alice)
    claim_run(turn.run.id, owner=uuid4())
    stop_run(run=Run.objects.get())
    run = Run.objects.get()
    assert run.status == Run.Status.RUNNING
    assert run.stop_requested_at is not None


async def test_a_failed_answer_keeps_its_text_and_says_why(
    engine: Engine, alice: User, script: ScriptedAdapter, client_of: ClientOf
) -> None:
    turn = await begin_turn(engine, alice)
    script.say("Half an ans")
    script.fail(RateLimited("OpenAI is busy.", detail="429 slow down"))
    message = await ended(engine)
    assert (message.status, message.text) == ("failed", "Half an ans")
    run = await engine.database.run(Run.objects.get)
    assert (run.error_code, run.error_message) == ("RATE_LIMIT_EXCEEDED", "OpenAI is busy.")
    saved = await engine.database.run(attempt)
    assert (saved.outcome, saved.error_detail) == ("failed", "429 slow down")
    page = await engine.database.run(lambda: client_of(alice).get(f"/conversations/{turn.conversation.id}/").text)
    assert "OpenAI is busy." in page
    assert "What was written is kept." in page
    assert "Retry" in page
    assert (
        f'hx-get="/conversations/{turn.conversation.id}/model/" hx-target="#dialog" hx-swap="innerHTML">Choose' in page
    )
    assert str(run.id) in page


async def test_retry_answers_again_as_a_sibling(
    engine: Engine, alice: User, script: ScriptedAdapter, client_of: ClientOf
) -> None:
    turn = await begin_turn(engine, alice)
    script.fail(RateLimited("OpenAI is busy."))
    failed = await ended(engine)
    client = await engine.database.run(client_of, alice)
    response = await engine.database.run(
        lambda: client.post(f"/messages/{failed.id}/retry/", headers={"HX-Request": "true"})
    )
    assert 'aria-busy="true"' in response.text
    script.say("Better")
    script.finish()
    again = await ended(engine)
    assert (again.text, again.parent_id) == ("Better", failed.parent_id)
    page = await engine.database.run(lambda: client.get(f"/conversations/{turn.conversation.id}/").text)
    assert "2 / 2" in page
    log = await engine.database.run(
        lambda: client.post(f"/messages/{failed.id}/select/", headers={"HX-Request": "true"}).text
    )
    assert "1 / 2" in log
    assert "OpenAI is busy." in log


async def test_continue_appends_to_the_same_message(
    engine: Engine, alice: User, script: ScriptedAdapter, client_of: ClientOf
) -> None:
    await begin_turn(engine, alice)
    script.say("One two")
    script.events.put_nowait(Finished("length"))
    cut = await ended(engine)
    assert cut.finish_reason == "length"
    client = await engine.database.run(client_of, alice)
    await engine.database.run(lambda: client.post(f"/messages/{cut.id}/continue/", headers={"HX-Request": "true"}))
    await until(lambda: len(script.requests) == 2)
    assert script.requests[1].partial_text == "One two"
    script.say(" three.")
    script.finish()
    message = await ended(engine)
    assert (message.id, message.text, message.html) == (cut.id, "One two three.", "<p>One two three.</p>")


async def test_an_answer_being_written_is_not_retried_or_continued(
    engine: Engine, alice: User, script: ScriptedAdapter, client_of: ClientOf
) -> None:
    turn = await begin_turn(engine, alice)
    client = await engine.database.run(client_of, alice)
    for message_id, verb in ((turn.answer.id, "retry"), (turn.answer.id, "continue"), (turn.question.id, "continue")):
        response = await engine.database.run(
            client.post, f"/messages/{message_id}/{verb}/", headers={"HX-Request": "true"}
        )
        assert response.status_code == 422
    script.finish()
    await ended(engine)


async def test_the_time_limit_keeps_the_text_and_offers_to_continue(
    engine: Engine, alice: User, script: ScriptedAdapter, settings: object, client_of: ClientOf
) -> None:
    settings.STREAM_MAX_SECONDS = 0.05  # type: ignore[attr-defined]  # pytest-django's settings
    turn = await begin_turn(engine, alice)
    script.say("So far")
    message = await ended(engine)
    assert (message.status, message.finish_reason, message.text) == ("stopped", "time_limit", "So far")
    page = await engine.database.run(lambda: client_of(alice).get(f"/conversations/{turn.conversation.id}/").text)
    assert "Stopped at the time limit" in page
    assert "Continue" in page


@pytest.mark.parametrize("interruption", ["stop", "time_limit", "handover"])
async def test_who_comes_after_the_last_word_ends_nothing_early(
    engine: Engine,
    alice: User,
    script: ScriptedAdapter,
    monkeypatch: pytest.MonkeyPatch,
    interruption: Interruption,
) -> None:
    finished = asyncio.Event()

    async def put_in_order(*, request_id: object) -> None:
        finished.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(engine.gateway.breakers, "give_back_trials", put_in_order)
    await begin_turn(engine, alice)
    script.say("All of it")
    script.finish()
    await finished.wait()
    live = engine.hub.runs()[0]
    live.interrupt(interruption)
    live.interrupt("stop")
    assert live.generation is not None
    assert live.generation.cancelling() == 1, "what is being put in order is not cut off"
    message = await ended(engine)
    assert (message.status, message.finish_reason, message.text) == ("complete", "complete", "All of it")


async def test_a_fault_of_ours_ends_the_run_and_no_other(engine: Engine, alice: User, script: ScriptedAdapter) -> None:
    await begin_turn(engine, alice)
    script.say("kept")
    script.events.put_nowait("not an event")  # type: ignore[arg-type]  # what no adapter yields
    message = await ended(engine)
    assert (message.status, message.text) == ("failed", "kept")
    await begin_turn(engine, alice)
    script.say("fine")
    script.finish()
    assert (await ended(engine)).status == "complete"


@pytest.mark.parametrize("verb", ["retry", "continue", "select", ""])
def test_someone_elses_message_is_not_there(alice: User, charlie: User, client_of: ClientOf, verb: str) -> None:
    turn = make_turn(alice)
    path = f"/messages/{turn.answer.id}/" + (f"{verb}/" if verb else "")
    client = client_of(charlie)
    assert (client.post(path) if verb else client.get(path)).status_code == 404


def test_someone_elses_run_is_not_there(alice: User, charlie: User, client_of: ClientOf) -> None:
    turn = make_turn(alice)
    assert client_of(charlie).post(f"/runs/{turn.run.id}/stop/").status_code == 404
    assert Client().post(f"/runs/{turn.run.id}/stop/").status_code == 302


async def test_socket_of_someone_else_closes_with_4404(
    server: Server, engine: Engine, alice: User, charlie: User
) -> None:
    turn = await begin_turn(engine, alice)
    async with signed_in(server, charlie) as person, person.socket(turn.conversation.id) as connection:
        message = await connection.receive(timeout=5)
        assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 4404)


async def test_socket_of_a_visitor_and_of_another_origin_is_refused(
    server: Server, engine: Engine, alice: User
) -> None:
    turn = await begin_turn(engine, alice)
    url = f"http://{server.address}/ws/conversations/{turn.conversation.id}/"
    async with aiohttp.ClientSession() as http:
        async with http.ws_connect(url, headers={"Origin": f"http://{server.address}"}) as connection:
            assert (await connection.receive(timeout=5)).data == 4401
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await http.ws_connect(url, headers={"Origin": "http://evil.example"})


@pytest.mark.parametrize(
    "nonsense", ["", "[", "[]", '{"type":"hello","unfinished":{"x":[1]}}', '{"type":"hello","version":"x"}']
)
async def test_nonsense_over_the_socket_closes_it(server: Server, engine: Engine, alice: User, nonsense: str) -> None:
    turn = await begin_turn(engine, alice)
    async with signed_in(server, alice) as person, person.socket(turn.conversation.id) as connection:
        await connection.send_str(nonsense)
        message = await connection.receive(timeout=5)
        assert message.data in (1003, '{"type":"pong"}')


async def test_without_script_asking_and_reading_work(
    server: Server, engine: Engine, alice: User, script: ScriptedAdapter
) -> None:
    async with signed_in(server, alice) as person:
        response = await person.post("/conversations/", htmx=False, text="Hello?", turn_key=str(uuid4()))
        assert response.status == 302
        path = response.headers["Location"]
        script.say("Partly **here**")
        await until(script.events.empty)
        await engine._journal.save()
        page = await person.get(path)
        assert '<noscript><link rel="stylesheet"' in page
        assert '<meta http-equiv="refresh" content="3">' in page
        assert "<p>Partly <strong>here</strong></p>" in page
        script.finish()
        await ended(engine)
        page = await person.get(path)
        assert 'http-equiv="refresh"' not in page
        assert "<p>Partly <strong>here</strong></p>" in page


def test_only_the_last_answer_goes_on(alice: User, client_of: ClientOf) -> None:
    first = make_turn(alice)
    cut = {"status": "stopped", "finish_reason": "stopped", "text": "Half"}
    Message.objects.filter(id=first.answer.id).update(**cut)
    Run.objects.update(status="stopped")
    client = client_of(alice)
    address = f"/messages/{first.answer.id}/continue/"
    assert address in client.get(f"/conversations/{first.conversation.id}/").text
    second = make_turn(alice, "And then?", first.conversation)
    assert address not in client.get(f"/conversations/{first.conversation.id}/").text
    assert client.post(address).status_code == 400
    first.conversation.refresh_from_db()
    assert first.conversation.active_leaf_id == second.answer.id


@pytest.mark.parametrize("command", ["messages", "retry", "continue"])
def test_a_page_that_goes_on_brings_its_conversation_back(alice: User, client_of: ClientOf, command: str) -> None:
    turn = make_turn(alice)
    Message.objects.filter(id=turn.answer.id).update(status="stopped", finish_reason="stopped", text="Half")
    Run.objects.update(status="stopped")
    client = client_of(alice)
    client.post(f"/conversations/{turn.conversation.id}/trash/")
    if command == "messages":
        fields = {"text": "More", "turn_key": str(uuid4())}
        assert client.post(f"/conversations/{turn.conversation.id}/messages/", fields).status_code == 302
    else:
        assert client.post(f"/messages/{turn.answer.id}/{command}/").status_code == 302
    turn.conversation.refresh_from_db()
    assert turn.conversation.trashed_at is None


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "Cut off at the longest answer this model may give"),
        ({"max_output_tokens": 60}, "Cut off at the longest answer set for this conversation"),
    ],
)
@pytest.mark.django_db
def test_whose_limit_cut_an_answer_off_is_said(
    alice: User, client_of: ClientOf, settings: dict[str, int], said: str
) -> None:
    turn = make_turn(alice)
    Message.objects.filter(id=turn.answer.id).update(status="complete", text="Once", finish_reason="length")
    Run.objects.update(status="complete", settings=turn.run.settings | settings)
    assert said in client_of(alice).get(f"/conversations/{turn.conversation.id}/").text
