"""What a request costs in tokens, by model: exact, estimated, with images and tools."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from providers.catalog import load_catalog
from providers.contract import (
    ChatMessage,
    ChatRequest,
    ImagePart,
    Model,
    TextPart,
    ToolCallPart,
    ToolDefinition,
    ToolResultPart,
)
from providers.tokens import (
    count_message_tokens,
    count_text_tokens,
    estimate_input_tokens,
    load_vocabularies,
    ranks,
)
from providers.tokens.counting import (
    ANSWER_OVERHEAD_TOKENS,
    MESSAGE_OVERHEAD_TOKENS,
    TOOL_OVERHEAD_TOKENS,
    TOOLS_PREAMBLE_TOKENS,
)
from providers.tokens.estimate import estimate_text_tokens
from tests.providers.tokens.test_ranks import encoded
from tests.providers.tokens.texts import CHINESE_PROSE, ENGLISH_LETTER, VIETNAMESE_NEWS

REQUEST = ChatRequest(UUID(int=1), (ChatMessage.of_text("user", "Good morning"),), "auto")
PIXEL = ImagePart("image/png", b"\x89PNG")


def model(full_id: str) -> Model:
    return load_catalog().entries[full_id].model


GPT, CLAUDE, GEMINI = model("openai/gpt-4o"), model("anthropic/claude-opus-5-5"), model("gemini/gemini-3.8-flash")


@pytest.fixture
def nothing_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranks, "_counters", ranks._Counters())


def test_an_openai_model_counts_by_its_ranks() -> None:
    load_vocabularies(["openai", "anthropic", "an endpoint of somebody"])

    assert count_text_tokens(ENGLISH_LETTER, model=GPT) == encoded(ENGLISH_LETTER, "o200k_base")


def test_what_is_said_again_is_not_counted_again(nothing_loaded: None) -> None:
    split: list[str] = []

    def into_words(text: str) -> list[str]:
        split.append(text)
        return text.split()

    ranks._counters._loaded["o200k_base"] = ranks.RankCounter({b"good": 1, b"morning": 2}, into_words)
    for _turn in range(3):
        assert count_text_tokens("good morning", model=GPT) == 2
    assert split == ["good morning"]


@pytest.mark.usefixtures("nothing_loaded")
def test_until_the_ranks_are_loaded_it_estimates() -> None:
    load_vocabularies(["anthropic", "gemini", "offline"])

    assert ranks.loaded_counter("o200k_base") is None
    assert count_text_tokens(ENGLISH_LETTER, model=GPT) == estimate_text_tokens(ENGLISH_LETTER, "o200k_base")


@pytest.mark.parametrize(("char", "most"), [("\n", 2_000), ("é", 400), ("字", 222), ("😀", 153)])
def test_a_long_text_is_estimated_whatever_is_loaded(char: str, most: int) -> None:
    load_vocabularies(["openai"])

    assert count_text_tokens(char * most, model=GPT) == encoded(char * most, "o200k_base")
    longer = char * (most + 1)
    assert count_text_tokens(longer, model=GPT) == estimate_text_tokens(longer, "o200k_base")


@pytest.mark.parametrize("text", [ENGLISH_LETTER, VIETNAMESE_NEWS, CHINESE_PROSE])
def test_an_unknown_vocabulary_is_estimated_by_the_thriftless_one(text: str) -> None:
    assert count_text_tokens(text) == count_text_tokens(text, model=GEMINI) >= 0.85 * encoded(text, "cl100k_base")


def test_claude_makes_more_of_the_same_text() -> None:
    assert count_text_tokens(ENGLISH_LETTER, model=CLAUDE) >= 1.3 * encoded(ENGLISH_LETTER, "cl100k_base")


def test_a_model_of_an_unknown_endpoint_is_estimated() -> None:
    elsewhere = replace(GPT, endpoint="elsewhere")

    assert count_text_tokens(ENGLISH_LETTER, model=elsewhere) == count_text_tokens(ENGLISH_LETTER)
    assert count_message_tokens([ChatMessage("user", (PIXEL,))], model=elsewhere) == 1_600 + MESSAGE_OVERHEAD_TOKENS


def test_messages_cost_their_text_and_their_frame() -> None:
    messages = [ChatMessage.of_text("user", "Good"), ChatMessage.of_text("assistant", "morning")]

    assert count_message_tokens([], model=GEMINI) == 0
    assert count_message_tokens(messages, model=GEMINI) == count_text_tokens("Good\nmorning") + 8


@pytest.mark.parametrize(("asked", "tokens"), [(GPT, 1_536), (CLAUDE, 4_784), (GEMINI, 1_120)])
def test_an_image_costs_its_vendors_figure(asked: Model, tokens: int) -> None:
    text = ChatMessage("user", (TextPart("What is this?"),))
    both = ChatMessage("user", (TextPart("What is this?"), PIXEL, PIXEL))

    assert count_message_tokens([both], model=asked) - count_message_tokens([text], model=asked) == 2 * tokens


def test_calls_and_results_of_tools_are_counted() -> None:
    call = ChatMessage("assistant", (ToolCallPart("1", "find", '{"name": "pear tree"}'),))
    result = ChatMessage("tool", (ToolResultPart("1", "find", ENGLISH_LETTER),))

    assert count_message_tokens([call], model=GEMINI) == count_text_tokens('find\n{"name": "pear tree"}') + 4
    assert count_message_tokens([result], model=GEMINI) > count_text_tokens(ENGLISH_LETTER)


def test_a_request_is_its_messages_tools_and_beginning() -> None:
    tool = ToolDefinition("find", "Finds a plant.", '{"type": "object"}')
    plain = estimate_input_tokens(REQUEST, GEMINI)

    assert plain == count_message_tokens(REQUEST.messages, model=GEMINI) + ANSWER_OVERHEAD_TOKENS
    assert estimate_input_tokens(replace(REQUEST, partial_text=ENGLISH_LETTER), GEMINI) >= plain + count_text_tokens(
        ENGLISH_LETTER
    )
    with_tool = estimate_input_tokens(replace(REQUEST, tools=(tool,)), GEMINI)
    assert with_tool - plain > TOOLS_PREAMBLE_TOKENS + TOOL_OVERHEAD_TOKENS
