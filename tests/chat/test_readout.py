"""The row under an answer: which figures it shows, and that those it shows belong together."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from chat.fragments import message_html, show_message
from chat.models import Message, Run
from tests.support.answers import Line, make_answer, make_failed, make_plain, make_run
from tests.support.server import words

pytestmark = pytest.mark.django_db


def shown(message: Message) -> str:
    return words(message_html(show_message(message)))


def figures(run: Run) -> list[str]:
    return show_message(run.message).figures


def test_the_most_telling_figures_come_first(alice: User) -> None:
    assert figures(make_plain(alice)) == ["812 tok", "$0.0089", "13.0 s", "0.45 s to first", "65 tok/s"]


@pytest.mark.parametrize(
    ("fields", "label"),
    [
        ({"provider": "azure_openai"}, "Azure OpenAI"),
        ({"provider": "bedrock"}, "Amazon Bedrock"),
        ({"provider": "groq", "model": "openai/gpt-oss-120b"}, "Groq"),
        ({"provider": "openai"}, None),
        ({"provider": "gone"}, None),
    ],
)
def test_a_provider_that_the_model_does_not_tell_is_named(
    alice: User, fields: dict[str, Any], label: str | None
) -> None:
    run = make_plain(alice, message_fields=fields)
    assert figures(run)[0] == (label or "812 tok")
    assert 'class="model" title="' in message_html(show_message(run.message))


def test_what_the_own_key_paid_for_says_so(alice: User) -> None:
    run = make_plain(alice, lines=[Line(1, 0, {"output_tokens": 812, "source": "own_key"})])
    assert "812 tok · own key · 13.0 s" in shown(run.message)


def test_a_cost_that_is_not_or_partly_known_says_so(alice: User) -> None:
    assert figures(make_plain(alice, lines=[Line(1, None)]))[1] == "cost unknown"
    assert figures(make_plain(alice, lines=[Line(1, 8_904_000), Line(2, None)]))[1] == "cost at least $0.0089"


def test_a_failed_answer_that_was_paid_for_shows_its_cost(alice: User) -> None:
    run = make_failed(alice, lines=[Line(1, 2_400_000, {"outcome": "failed", "output_tokens": 0})])
    assert "$0.0024" in figures(run)
    assert "$0.0024" in shown(run.message)


def test_a_failed_answer_that_used_nothing_has_no_figures(alice: User) -> None:
    run = make_failed(alice, lines=[Line(1, 0, {"outcome": "failed", "output_tokens": 0})])
    assert "$0" not in shown(run.message)


def test_a_continued_answer_shows_what_is_its_runs_together(alice: User) -> None:
    run = make_plain(alice, message_fields={"output_tokens": 852})
    timings = {"generate_ms": 2_000, "first_token_ms": 300, "tokens": 40, "trace": [4] * 10}
    make_run(run.message, timings=timings, lines=[Line(1, 1_100_000)], kind="continue")
    again = show_message(run.message)
    assert again.figures == ["852 tok", "$0.01", "26.0 s", "0.45 s to first", "60 tok/s"]
    assert again.trace is not None
    assert again.trace.label.startswith("40 tokens in 1.0 s")


def test_regenerate_is_offered_under_each_finished_answer(alice: User) -> None:
    run = make_plain(alice)
    make_answer(alice, conversation=run.message.conversation, parent=run.message)
    assert "Regenerate" in message_html(show_message(run.message))
    failed = make_failed(alice)
    assert "Regenerate" not in message_html(show_message(failed.message))
