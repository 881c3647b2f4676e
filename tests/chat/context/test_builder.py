"""What of a conversation goes to the model: the newest messages that fit its window."""

from __future__ import annotations

import pytest

from chat.context.builder import MOST_OVERHEAD_TOKENS, MOST_TOKENS_PER_CHAR, OUTPUT_RESERVE_TOKENS, fit_history
from providers.catalog import load_catalog
from providers.contract import ChatMessage
from providers.tokens import count_message_tokens
from tests.providers.tokens.texts import CHINESE_PROSE, ENGLISH_LETTER, OTHERS, PROMISED

SYSTEM = "Answer in one sentence."
CLAUDE = load_catalog().entries["anthropic/claude-haiku-5-5"].model


def said(text: str, *, turns: int) -> list[ChatMessage]:
    return [ChatMessage.of_text("assistant" if turn % 2 else "user", f"{turn}. {text}") for turn in range(turns)]


def test_everything_fits_a_large_window() -> None:
    history = said(ENGLISH_LETTER, turns=5)

    fitted = fit_history(history, system_prompt=SYSTEM, window_tokens=200_000)

    assert fitted == (ChatMessage.of_text("system", SYSTEM), *history)
    assert fit_history(history, system_prompt="", window_tokens=200_000) == tuple(history)


@pytest.mark.parametrize("text", [ENGLISH_LETTER, CHINESE_PROSE])
def test_the_oldest_messages_are_left_out(text: str) -> None:
    history = said(text, turns=100)
    window_tokens = 20_000

    fitted = fit_history(history, system_prompt=SYSTEM, window_tokens=window_tokens)

    kept = len(fitted) - 1
    assert 0 < kept < 100
    assert fitted == (ChatMessage.of_text("system", SYSTEM), *history[-kept:])
    room_tokens = window_tokens - OUTPUT_RESERVE_TOKENS
    assert sum(count_message_tokens([message], model=None) for message in fitted) <= room_tokens
    one_more = (fitted[0], *history[-kept - 1 :])
    assert sum(count_message_tokens([message], model=None) for message in one_more) > room_tokens


def test_a_model_that_makes_more_tokens_of_a_text_is_given_less_of_it() -> None:
    history = said(ENGLISH_LETTER, turns=100)

    fitted = fit_history(history, system_prompt="", window_tokens=20_000)

    assert len(fit_history(history, system_prompt="", window_tokens=20_000, model=CLAUDE)) < len(fitted)


@pytest.mark.parametrize("window_tokens", [0, 10])
def test_the_last_message_is_always_in(window_tokens: int) -> None:
    history = said(ENGLISH_LETTER, turns=3)

    assert fit_history(history, system_prompt="", window_tokens=window_tokens) == (history[-1],)


def test_nothing_said_is_nothing_sent() -> None:
    assert fit_history([], system_prompt="", window_tokens=0) == ()


@pytest.mark.parametrize("text", [*PROMISED.values(), *OTHERS.values(), "😀" * 50], ids=[*PROMISED, *OTHERS, "smileys"])
def test_what_is_taken_uncounted_would_fit_if_it_were_counted(text: str) -> None:
    counted = count_message_tokens([ChatMessage.of_text("user", text)], model=None)

    assert counted <= MOST_TOKENS_PER_CHAR * len(text) + MOST_OVERHEAD_TOKENS
