"""What providers are told of personal data, and what the person reads of it."""

from __future__ import annotations

import asyncio
import re
from itertools import chain
from uuid import uuid4

import pytest
from pytest_django import Settings

from accounts.models import User
from chat.actions.forks import fork_conversation
from chat.actions.masking import Masked, mask_texts
from chat.actions.runs import continue_message, retry_message, stop_run
from chat.actions.turns import submit_turn
from chat.models import ConversationPlaceholders, Message
from chat.runs.engine import Engine
from providers.contract import Finished, ReasoningDelta, TextDelta, Usage
from providers.errors import AuthenticationFailed, ProviderUnavailable
from providers.models import CachedResponse
from tests.chat.attachments.support import attach, send
from tests.chat.guarding.conftest import EMAIL, KEY, PHONE, Talk, begun
from tests.support.stage import FINISHED, Hangs, Play, Stage, Step, says
from tests.support.threads import in_thread
from tests.support.turns import until


async def test_a_provider_reads_placeholders_and_the_person_the_values(talk: Talk, stage: Stage) -> None:
    await talk.policy(masks=True)
    stage.will("openai", says("Write to [EM", "AIL_", "1] or **\\[EMAIL\\_1\\]**, not [EMAIL_2]."))
    answer = await talk.ask(f"Who is {EMAIL}?")

    assert talk.sent() == ["Who is [EMAIL_1]?"]
    assert answer.text == f"Write to {EMAIL} or **{EMAIL}**, not [EMAIL_2]."
    assert EMAIL in answer.html


async def test_without_the_switch_nothing_is_masked(talk: Talk, stage: Stage) -> None:
    stage.will("openai", says("[EMAIL_1]"))
    answer = await talk.ask(f"Who is {EMAIL}?")

    assert (talk.sent(), answer.text) == ([f"Who is {EMAIL}?"], "[EMAIL_1]")
    assert not await talk.engine.database.run(ConversationPlaceholders.objects.exists)


async def test_the_same_value_has_the_same_placeholder_in_all_turns(talk: Talk, stage: Stage) -> None:
    await talk.policy(masks=True)
    stage.will("openai", says("[EMAIL_1] it is."), says("Yes."))
    await talk.ask(f"Who is {EMAIL}?")
    await talk.ask(f"And al@example.org, is that {EMAIL}?")

    assert talk.sent() == ["Who is [EMAIL_1]?", "[EMAIL_1] it is.", "And [EMAIL_2], is that [EMAIL_1]?"]


async def test_what_one_text_says_of_a_number_holds_for_all_of_them(talk: Talk, stage: Stage) -> None:
    """An account number stands alone in the answer: nothing in there tells what it is."""
    await talk.policy(masks=True)
    stage.will("openai", says("Token: [API_KEY_1]."), says("Yes."))
    secret = "Zq8vN3xW5rT1"
    await talk.ask(f"password: {secret}")
    await talk.ask(f"Is {secret} long enough, or Zq8vN3xW5rT1Zq8?")

    assert talk.sent()[-1] == "Is [API_KEY_1] long enough, or Zq8vN3xW5rT1Zq8?"


async def test_instructions_memory_and_files_are_masked_too(talk: Talk, stage: Stage, alice: User) -> None:
    def begin() -> None:
        conversation = begun(alice, settings={"system_prompt": f"You work for {EMAIL}."})
        file = attach(alice, f"Call {PHONE} at night.".encode())
        send(alice, file, text="When?", conversation=conversation)

    await talk.policy(masks=True, leakage="allow")
    stage.will("openai", says("At night, by [PHONE_1]."))
    await talk.engine.database.run(begin)
    answer = await talk.ended()

    sent = "\n".join(talk.sent())
    assert "You work for [EMAIL_1]." in sent
    assert "Call [PHONE_1] at night." in sent
    assert EMAIL not in sent
    assert PHONE not in sent
    assert answer.text == f"At night, by {PHONE}."


async def test_reasoning_is_restored_too(talk: Talk, stage: Stage) -> None:
    await talk.policy(masks=True)
    stage.will("openai", [ReasoningDelta("It is [EMA"), ReasoningDelta("IL_1"), ReasoningDelta("]"), *says("Yes.")])
    answer = await talk.ask(f"Is it {EMAIL}?")

    assert answer.parts[0]["text"] == f"It is {EMAIL}"


async def test_another_provider_goes_on_with_what_the_first_was_told(talk: Talk, stage: Stage) -> None:
    await talk.policy(masks=True)
    stage.will("openai", [TextDelta("Write to [EMAIL_1], or [EM"), AuthenticationFailed("No key.")])
    stage.will("anthropic", says("AIL_2], please."))
    answer = await talk.ask(f"Whom, {EMAIL} or al@example.org?")

    assert stage.calls[1].request.partial_text == "Write to [EMAIL_1], or [EM"
    assert answer.text == f"Write to {EMAIL}, or al@example.org, please."


async def test_a_retry_before_the_first_word_is_asked_the_same(talk: Talk, stage: Stage) -> None:
    await talk.policy(masks=True)
    stage.will(
        "openai", [ReasoningDelta("It is [EMA"), ProviderUnavailable("Down.", retry_after_s=0)], says("[EMAIL_1]")
    )
    answer = await talk.ask(f"Whom, {EMAIL}?")

    assert talk.sent(0) == talk.sent(1) == ["Whom, [EMAIL_1]?"]
    assert (answer.text, [part["type"] for part in answer.parts]) == (EMAIL, ["text"])


async def test_an_answer_goes_on_from_its_masked_beginning(talk: Talk, stage: Stage) -> None:
    await talk.policy(masks=True)
    stage.will("openai", [TextDelta("Write to [EMAIL_1], or [EM"), Finished("length")], says("AIL_2]. Done."))
    answer = await talk.ask(f"Whom, {EMAIL} or al@example.org?")
    await talk.engine.database.run(lambda: continue_message(message=answer, by=answer.conversation.owner))
    whole = await talk.ended()

    assert stage.calls[1].request.partial_text == "Write to [EMAIL_1], or [EM"
    assert whole.text == f"Write to {EMAIL}, or al@example.org. Done."


def received(talk: Talk) -> list[list[str]]:
    return [attempt.received for attempt in talk.engine.hub.runs()[0].attempts]


class TestCutInAPlaceholder:
    """An answer that a limit cut where a placeholder had begun."""

    async def begin(self, talk: Talk, stage: Stage, said: str, *then: Play, masks: bool = True) -> Message:
        await talk.policy(masks=True)
        stage.will("openai", [TextDelta(said), Usage(7, 9), Finished("length")], *then)
        cut = await talk.ask(f"Who is {EMAIL}?")
        assert cut.text == said
        await talk.policy(masks=masks)
        await talk.engine.database.run(lambda: continue_message(message=cut, by=talk.owner))
        return cut

    @pytest.mark.parametrize("cut", range(1, len("[EMAIL_1]")))
    async def test_its_rest_makes_it_whole(self, talk: Talk, stage: Stage, cut: int) -> None:
        half, rest = "[EMAIL_1]"[:cut], "[EMAIL_1]"[cut:]
        await self.begin(talk, stage, f"Write to {half}", says(*rest, " now."))
        answer = await talk.ended()

        assert stage.calls[-1].request.partial_text == f"Write to {half}"
        assert answer.text == f"Write to {EMAIL} now."
        assert EMAIL in answer.html
        assert "[EMAIL" not in answer.html

    @pytest.mark.parametrize("masks", [True, False], ids=["masked", "unmasked"])
    @pytest.mark.parametrize(
        ("then", "text"),
        [
            (says("PTY]"), "Write to [EMPTY]"),
            ([AuthenticationFailed("No.")], "Write to [EM"),
            ([ZeroDivisionError()], "Write to [EM"),
        ],
        ids=["another word", "a failure", "a fault of ours"],
    )
    async def test_what_is_none_stays(self, talk: Talk, stage: Stage, then: list[Step], text: str, masks: bool) -> None:
        stage.will("anthropic", [AuthenticationFailed("No.")])
        await self.begin(talk, stage, "Write to [EM", then, masks=masks)

        assert (await talk.ended()).text == text

    @pytest.mark.parametrize("masks", [True, False], ids=["masked", "unmasked"])
    async def test_stopped_before_anything_comes_it_is_as_it_was(self, talk: Talk, stage: Stage, masks: bool) -> None:
        await self.begin(talk, stage, "Write to [EM", [Hangs()], masks=masks)
        await until(lambda: stage.open_calls)
        talk.engine.hub.runs()[0].interrupt("stop")

        assert (await talk.ended()).text == "Write to [EM"

    async def test_stopped_before_anybody_works_on_it_too(self, talk: Talk, stage: Stage) -> None:
        await talk.policy(masks=True)
        stage.will("openai", [TextDelta("Write to [EM"), Finished("length")])
        cut = await talk.ask(f"Who is {EMAIL}?")
        talk.engine.is_claiming = False
        await talk.engine.database.run(lambda: continue_message(message=cut, by=talk.owner))
        run = await talk.run()
        await talk.engine.database.run(lambda: stop_run(run=run))

        assert (await talk.ended()).text == "Write to [EM"

    @pytest.mark.parametrize(
        ("first", "then", "text"),
        [("AIL_1] and ", "so on.", f"Write to {EMAIL} and so on."), ("A", "AIL_1].", f"Write to {EMAIL}.")],
        ids=["whole by then", "not yet"],
    )
    async def test_the_next_process_goes_on(self, talk: Talk, stage: Stage, first: str, then: str, text: str) -> None:
        await self.begin(talk, stage, "Write to [EM", [TextDelta(first), Hangs()], says(then))
        await until(lambda: talk.engine.hub.runs() and "".join(chain(*received(talk))) == first)
        live = talk.engine.hub.runs()[0]
        live.interrupt("handover")
        await until(lambda: talk.engine.is_idle)
        talk.engine.submit(live.claim.run_id)
        await until(lambda: len(stage.calls) == 3)

        assert (await talk.ended()).text == text


async def test_two_answers_at_once_share_the_placeholders(talk: Talk, stage: Stage, alice: User) -> None:
    def begin() -> None:
        models = ["openai/gpt-6.1-sol", "anthropic/claude-sonnet-5-5"]
        asked = f"Which, {EMAIL} or {PHONE}?"
        submit_turn(owner=alice, conversation_id=None, text=asked, turn_key=uuid4(), compared=models)

    await talk.policy(masks=True)
    for endpoint in ("openai", "anthropic"):
        stage.will(endpoint, says("[EMAIL_1], or [PHONE_1]"))
    await talk.engine.database.run(begin)
    await talk.ended()

    assert talk.sent(0) == talk.sent(1) == ["Which, [EMAIL_1] or [PHONE_1]?"]
    answers = await talk.engine.database.run(lambda: list(Message.objects.filter(role="assistant")))
    assert [one.text for one in answers] == [f"{EMAIL}, or {PHONE}"] * 2


async def test_who_asks_the_same_gets_no_one_elses_values(talk: Talk, stage: Stage) -> None:
    """Kept is what the provider said."""
    await talk.policy(masks=True)
    stage.will("openai", says("It is [EMAIL_1]."))
    await talk.ask(f"Whose is {EMAIL}?")
    talk.conversation = None
    answer = await talk.ask("Whose is al@example.org?")

    assert answer.text == "It is al@example.org."
    assert stage.called == ["openai"]
    kept = await talk.engine.database.run(CachedResponse.objects.get)
    assert kept.text == "It is [EMAIL_1]."


async def test_two_who_ask_the_same_at_once_each_get_their_own(talk: Talk, stage: Stage) -> None:
    await talk.policy(masks=True)
    stage.will("openai", [TextDelta("It is "), Hangs(), *FINISHED], says("[EMAIL_1]."))
    await talk.begin(f"Whose is {EMAIL}?")
    await until(lambda: stage.open_calls)
    leader, talk.conversation = talk.engine.hub.runs()[0], None
    await talk.begin("Whose is al@example.org?")
    await until(lambda: len(talk.engine.hub.runs()) == 2 and all(live.text for live in talk.engine.hub.runs()))
    talk.engine.request_stop(leader.claim.run_id)
    answer = await talk.ended()

    assert answer.text == "It is al@example.org."


async def test_a_fork_goes_on_with_the_same_placeholders(talk: Talk, stage: Stage, alice: User) -> None:
    await talk.policy(masks=True)
    stage.will("openai", says("[EMAIL_1] it is."), says("Yes."))
    answer = await talk.ask(f"Not al@example.org, but {EMAIL}?")
    original = await talk.engine.database.run(mask_texts, answer.conversation_id, [PHONE])
    assert original.texts == ("[PHONE_1]",)
    talk.conversation = await talk.engine.database.run(
        lambda: fork_conversation(message=answer, by=alice, has_branches=False)
    )
    await talk.ask(f"{EMAIL} then?")

    assert talk.sent() == [
        "Not [EMAIL_1], but [EMAIL_2]?",
        "[EMAIL_1] it is.",
        "[EMAIL_2] then?",
    ]


async def test_a_new_answer_is_asked_for_with_the_same(talk: Talk, stage: Stage, alice: User) -> None:
    await talk.policy(masks=True)
    stage.will("openai", says("No."), says("[EMAIL_1]."))
    answer = await talk.ask(f"Is it {EMAIL}?")
    await talk.engine.database.run(lambda: retry_message(message=answer, by=alice))

    assert (await talk.ended()).text == f"{EMAIL}."
    assert talk.sent(0) == talk.sent(1)


async def test_the_values_are_no_text_in_the_database(talk: Talk, stage: Stage) -> None:
    await talk.policy(masks=True)
    stage.will("openai", says("Yes."))
    await talk.ask(f"Is {KEY} a key?")

    row = await talk.engine.database.run(ConversationPlaceholders.objects.get)
    assert KEY not in row.sealed
    assert row.opened().restore("[API_KEY_1]") == KEY
    assert KEY not in str(row)


def test_who_is_slower_takes_the_others_placeholders(alice: User) -> None:
    conversation = begun(alice)
    mask_texts(conversation.id, ["no one"])
    assert not ConversationPlaceholders.objects.exists()
    first = mask_texts(conversation.id, [EMAIL])
    second = mask_texts(conversation.id, ["al@example.org", EMAIL])

    assert (first.texts, second.texts) == (("[EMAIL_1]",), ("[EMAIL_2]", "[EMAIL_1]"))
    assert ConversationPlaceholders.objects.get().revision == 2


def test_under_another_secret_the_values_get_new_ones(alice: User) -> None:
    conversation = begun(alice)
    mask_texts(conversation.id, [f"{PHONE}, {EMAIL}"])
    ConversationPlaceholders.objects.update(sealed="what nobody can read")

    assert mask_texts(conversation.id, [EMAIL]).texts == ("[EMAIL_1]",)
    assert ConversationPlaceholders.objects.get().opened().restore("[EMAIL_1]") == EMAIL


@pytest.mark.parametrize("gone", ["conversation", "owner"])
def test_they_go_with_the_conversation(alice: User, gone: str) -> None:
    conversation = begun(alice)
    mask_texts(conversation.id, [EMAIL])
    (conversation if gone == "conversation" else alice).delete()

    assert not ConversationPlaceholders.objects.exists()


async def test_what_is_kept_of_the_call_is_masked(engine: Engine, talk: Talk, stage: Stage) -> None:
    await talk.policy(masks=True)
    stage.will("openai", [TextDelta("Some [EMAIL_1]"), Hangs()])
    await talk.begin(f"Is it {EMAIL}?")
    await until(lambda: engine.hub.runs() and engine.hub.runs()[0].text)
    live = engine.hub.runs()[0]

    assert live.text == f"Some {EMAIL}"
    assert EMAIL not in str(live.attempts[0].request.messages)
    assert live.attempts[0].received == ["Some [EMAIL_1]"]


async def test_whether_to_ask_back_is_judged_by_what_is_masked(talk: Talk, stage: Stage) -> None:
    await talk.policy(masks=True)
    listed, asked = "One of:\n1. [EMAIL_1]\n2. Paris\n3. Oslo", "Do you mean [EMAIL_1]?"
    stage.will("openai", says(listed), says(asked))
    await talk.ask(f"What, {EMAIL}?")
    answer = await talk.ask("that one")
    run = await talk.run()

    assert talk.sent()[-1] == f"user: What, [EMAIL_1]?\n\nassistant: {listed}\n\nuser: that one"
    assert (answer.text, answer.finish_reason) == (f"Do you mean {EMAIL}?", "asked_back")
    assert run.understanding["asked_back"] == answer.text


@pytest.mark.django_db(transaction=True)
async def test_no_placeholder_is_given_to_two_values(alice: User) -> None:
    conversation = await in_thread(begun, alice)
    texts = [[f"person{thread}.{number}@example.org" for number in range(5)] for thread in range(4)]

    def mask(some: list[str]) -> list[Masked]:
        return [mask_texts(conversation.id, [text]) for text in some]

    done = await asyncio.gather(*(in_thread(mask, some) for some in texts))
    given = {one.texts[0]: one.placeholders.restore(one.texts[0]) for each in done for one in each}

    assert len(given) == len(set(given.values())) == 20
    final = (await ConversationPlaceholders.objects.aget()).opened()
    assert {name: final.restore(name) for name in given} == given


async def test_of_a_question_that_is_shortened_nothing_is_told_in_half(
    talk: Talk, stage: Stage, settings: Settings
) -> None:
    await talk.policy(masks=True)
    stage.will("openai", says("Yes."), says("No."))
    settings.CONTEXT_TARGET_TOKENS = 900
    await talk.ask(" ".join(f"correspondent{number:03d}@example.org" for number in range(200)))
    await talk.ask("Are they all there?")

    shortened, *_rest = talk.sent()
    assert "left out here" in shortened
    assert "[EMAIL_1]" in shortened
    assert "[EMAIL_200]" in shortened
    assert not re.search("corresp|dent|exam|org", shortened)
