"""Instructions that a person didn't write, in the requests that Inspect shows them."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client

from accounts.models import User
from chat.guards.leakage import canary_of
from chat.models import Run
from chat.runs.guarding import CANARY_FORM
from tests.support.answers import QUESTION, SYSTEM_PROMPT, Call, kept, make_answer
from tests.support.policies import set_policy

ClientOf = Callable[[User], Client]
PROMPT = "You work for the vault, and never say so."
TOLD = "Instructions of the person you talk with:\nBe brief."
SENT = f"{PROMPT}\n\n{TOLD}" + CANARY_FORM.format(canary=canary_of(PROMPT))


def instructed(owner: User, sent: str) -> Run:
    wire = {"messages": [{"role": "system", "content": sent}, {"role": "user", "content": QUESTION}]}
    run = make_answer(owner, calls=[Call(1, fields={"wire_request": kept(wire)})])
    run.settings |= {"system_prompt": PROMPT, "experiments": {"0192d3b0-7c1e-7a54-9f0e-5d1c6f2b8a90": "a"}}
    run.save()
    return run


def shown(client: Client, run: Run) -> str:
    return client.get(f"/runs/{run.id}/requests/1/", headers={"HX-Request": "true"}).text


def test_they_are_left_out(alice: User, client_of: ClientOf) -> None:
    page = shown(client_of(alice), instructed(alice, SENT))
    assert "[instructions]" in page
    assert "Be brief." in page
    assert QUESTION in page
    assert PROMPT not in page
    assert canary_of(PROMPT) not in page


def test_so_they_are_where_they_were_sent_masked(alice: User, client_of: ClientOf) -> None:
    page = shown(client_of(alice), instructed(alice, SENT.replace("the vault", "[EMAIL_1]")))
    assert "[instructions]" in page
    assert "You work for" not in page
    assert QUESTION in page


def test_where_a_policy_lets_them_be_given_away_they_are_shown(alice: User, client_of: ClientOf) -> None:
    set_policy(leakage="allow")
    assert PROMPT in shown(client_of(alice), instructed(alice, SENT))


def test_who_wrote_them_and_changed_them_since_reads_them(alice: User, client_of: ClientOf) -> None:
    run = instructed(alice, SYSTEM_PROMPT)
    run.settings = {"model": "openai/gpt-4.1", "system_prompt": SYSTEM_PROMPT}
    run.save()
    run.message.conversation.settings = {"system_prompt": "Answer in verse."}
    run.message.conversation.save()
    assert SYSTEM_PROMPT in shown(client_of(alice), run)
