"""The auto model: what a request needs, how large it is, what it asks, what models cost and how quick they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest
from django.test import override_settings

from providers.catalog import CatalogEntry, ModelClass, Price, load_catalog
from providers.contract import ChatMessage, ChatRequest, ImagePart, Model, TextPart, ToolDefinition
from providers.errors import ContextTooLong, ModelNotFound
from providers.routing.auto import AutoChoice, AutoRules, choose_auto, rules_in_force

WORK, MIDDLING, LIGHT = "Debug my parser", "Explain how tides work", "Hi!"
NOTHING: Mapping[str, float] = {}
OFFLINE = next(entry for entry in load_catalog().entries.values() if entry.model.endpoint == "offline")
IMAGE = ImagePart("image/png", b"\x89PNG")
TOOL = ToolDefinition("find", "Finds.", "{}")


def entry(
    name: str,
    model_class: ModelClass,
    usd: str | None = "1",
    *,
    window_tokens: int = 100_000,
    vision: bool = False,
    tools: bool = True,
) -> CatalogEntry:
    endpoint, _, model_id = name.partition("/")
    model = Model(model_id, endpoint, window_tokens, 4_000, "instruction", has_vision=vision, has_tools=tools)
    price = None if usd is None else Price(Decimal(usd), Decimal(usd), None, None)
    return CatalogEntry(model, model_class, price, has_json=True, equivalents=(), retires_on=None)


SMALL, MIDDLE, LARGE = entry("a/small", "economy"), entry("a/middle", "standard"), entry("a/large", "premium")
ALL_CLASSES = (SMALL, MIDDLE, LARGE)


def asked(*texts: str, **more: object) -> ChatRequest:
    """A conversation of these questions, each but the last answered."""
    messages = [
        message
        for text in texts
        for message in (ChatMessage.of_text("user", text), ChatMessage.of_text("assistant", "Here you are."))
    ]
    request = ChatRequest(UUID(int=1), tuple(messages[:-1]), "auto")
    return replace(request, **more) if more else request  # type: ignore[arg-type]  # fields by name


def choose(
    request: ChatRequest,
    usable: tuple[CatalogEntry, ...] = ALL_CLASSES,
    *,
    input_tokens: int = 100,
    latency_ms: Mapping[str, float] = NOTHING,
    rules: AutoRules | None = None,
) -> AutoChoice:
    rules = rules or rules_in_force()
    return choose_auto(request, usable=usable, input_tokens=input_tokens, latency_ms=latency_ms, rules=rules)


# The class


@pytest.mark.parametrize(
    ("text", "ranked", "model_class"),
    [
        (LIGHT, ("a/small", "a/middle", "a/large"), "economy"),
        (MIDDLING, ("a/middle", "a/large", "a/small"), "standard"),
        (WORK, ("a/large", "a/middle", "a/small"), "premium"),
    ],
)
def test_the_question_decides_the_class(text: str, ranked: tuple[str, ...], model_class: ModelClass) -> None:
    choice = choose(asked(text))

    assert (choice.ranked, choice.model_class) == (ranked, model_class)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (LIGHT, "Auto chose small: the question is short and simple."),
        (MIDDLING, "Auto chose middle: the question asks for an explanation or a text."),
        (WORK, "Auto chose large: the question asks for work."),
        ("x = [1, 2\nSyntaxError", "Auto chose large: the question holds code or an error."),
    ],
)
def test_the_reason_is_a_sentence(text: str, reason: str) -> None:
    assert choose(asked(text)).reason == reason


def test_without_a_model_of_the_class_the_nearest_answers_and_the_reason_says_so() -> None:
    choice = choose(asked(WORK), (SMALL, MIDDLE))

    assert choice.ranked == ("a/middle", "a/small")
    assert choice.reason == (
        "Auto chose middle: the question asks for work, and no model of the class “premium” can take it."
    )


def test_a_request_without_a_question_is_light() -> None:
    assert choose(replace(asked(LIGHT), messages=())).ranked[0] == "a/small"


# Follow-ups


@pytest.mark.parametrize(
    "text", ["And now in Rust", "why?", "Is that faster?", "còn bằng Java", "go on", "shorter please"]
)
def test_a_few_words_that_follow_up_on_work_keep_its_class(text: str) -> None:
    choice = choose(asked(WORK, text))

    assert choice.ranked[0] == "a/large"
    assert choice.reason == "Auto chose large: the question follows up on earlier ones."


@pytest.mark.parametrize("text", ["Thanks!", "cảm ơn nhé", "What is the capital of Peru?"])
def test_what_stands_alone_does_not(text: str) -> None:
    assert choose(asked(WORK, text)).ranked[0] == "a/small"


def test_a_longer_question_is_judged_by_itself() -> None:
    assert choose(asked(WORK, "pear " * 20)).ranked[0] == "a/middle"


def test_work_long_ago_is_forgotten() -> None:
    assert choose(asked(WORK, "pear", "plum", "fig", "and apple")).ranked[0] == "a/small"
    assert choose(asked(WORK, "pear", "plum", "and apple")).ranked[0] == "a/large"


# Price and latency


def test_within_a_class_the_cheapest_comes_first_and_an_unknown_price_last() -> None:
    dear, unknown, cheap = entry("a/dear", "economy", "3"), entry("b/who", "economy", None), entry("c/cheap", "economy")

    assert choose(asked(LIGHT), (unknown, dear, cheap)).ranked == ("c/cheap", "a/dear", "b/who")


def test_waiting_weighs_like_a_price() -> None:
    slow, quick = entry("a/slow", "economy", "1"), entry("b/quick", "economy", "1.5")

    assert choose(asked(LIGHT), (slow, quick)).ranked[0] == "a/slow"
    assert choose(asked(LIGHT), (slow, quick), latency_ms={"a/slow": 4_000, "b/quick": 300}).ranked[0] == "b/quick"
    assert choose(asked(LIGHT), (slow, quick), latency_ms={"a": 4_000, "b": 300}).ranked[0] == "b/quick"


def test_of_two_that_cost_nothing_the_quicker_comes_first() -> None:
    first, second = entry("ollama/first", "economy", "0"), entry("vllm/second", "economy", "0")

    assert choose(asked(LIGHT), (first, second)).ranked[0] == "ollama/first"
    assert choose(asked(LIGHT), (first, second), latency_ms={"vllm/second": 200}).ranked[0] == "vllm/second"


def test_the_class_goes_before_price_and_latency() -> None:
    dear = entry("b/dear", "premium", "50")

    assert choose(asked(WORK), (SMALL, MIDDLE, dear), latency_ms={"b/dear": 20_000}).ranked[0] == "b/dear"


def test_preference_decides_between_equals() -> None:
    first, second = entry("b/one", "economy"), entry("a/two", "economy")

    assert choose(asked(LIGHT), (first, second)).ranked == ("b/one", "a/two")


# Needs and sizes


def test_an_image_needs_a_model_that_reads_it() -> None:
    seeing = entry("b/seeing", "premium", "20", vision=True)
    request = replace(asked(LIGHT), messages=(ChatMessage("user", (TextPart(LIGHT), IMAGE)),))

    choice = choose(request, (*ALL_CLASSES, seeing))

    assert choice.ranked == ("b/seeing",)
    assert "an image has to be read" in choice.reason
    with pytest.raises(ModelNotFound, match="can read images"):
        choose(request)


def test_tools_need_a_model_that_calls_them_if_there_is_one() -> None:
    without = entry("v98store/cheap", "economy", "0.1", tools=False)
    request = replace(asked(LIGHT), tools=(TOOL,))

    assert choose(request, (without, *ALL_CLASSES)).ranked == ("a/small", "a/middle", "a/large")
    assert choose(request, (without, OFFLINE)).ranked == ("v98store/cheap",)


def test_a_long_conversation_needs_a_large_window() -> None:
    narrow = entry("b/narrow", "economy", "0.1", window_tokens=10_000)

    assert choose(asked(LIGHT), (narrow, *ALL_CLASSES)).ranked[0] == "b/narrow"
    choice = choose(asked(LIGHT), (narrow, *ALL_CLASSES), input_tokens=7_000)
    assert choice.ranked == ("a/small", "a/middle", "a/large")
    assert choice.reason.endswith("and the conversation is too long for some models.")


def test_the_window_holds_the_answer_too() -> None:
    assert choose(asked(LIGHT), input_tokens=96_000).ranked
    with pytest.raises(ContextTooLong, match=r"about 96,001 tokens, and the largest window .* is 100,000"):
        choose(asked(LIGHT), input_tokens=96_001)


def test_a_short_answer_leaves_more_room() -> None:
    assert choose(replace(asked(LIGHT), max_output_tokens=10), input_tokens=99_990).ranked


# The built-in model


def test_the_built_in_model_answers_where_there_is_no_other() -> None:
    choice = choose(asked(WORK), (OFFLINE,))
    assert choice.ranked == (OFFLINE.model.full_id,)
    assert choice.reason == f"Auto chose {OFFLINE.model.id}: there is no other model."
    assert OFFLINE.model.full_id not in choose(asked(LIGHT), (OFFLINE, LARGE)).ranked


def test_it_does_not_stand_in_for_a_model_that_cannot() -> None:
    with pytest.raises(ContextTooLong):
        choose(asked(LIGHT), (OFFLINE, entry("b/narrow", "economy", window_tokens=10_000)), input_tokens=20_000)


def test_without_any_model_the_person_is_told() -> None:
    with pytest.raises(ModelNotFound, match="no model to choose from"):
        choose(asked(LIGHT), ())


# Settings


@override_settings(
    AUTO_MODEL_WORK_WORDS=["tender"],
    AUTO_MODEL_MIN_WORDS=3,
    AUTO_MODEL_STANDARD_SCORE=0.2,
    AUTO_MODEL_PREMIUM_SCORE=0.3,
    AUTO_MODEL_LIGHT_CLASS="standard",
    AUTO_MODEL_MIDDLE_CLASS="standard",
    AUTO_MODEL_WORK_CLASS="economy",
)
def test_the_operator_sets_words_thresholds_and_classes() -> None:
    assert rules_in_force() == AutoRules(("tender",), 3, 0.2, 0.3, "standard", "standard", "economy")
    assert choose(asked("the tender")).ranked[0] == "a/small"
    assert choose(asked("pear plum fig apple")).ranked[0] == "a/small"
    assert choose(asked(LIGHT)).ranked[0] == "a/middle"


def test_with_both_scores_equal_every_question_of_more_than_eight_words_is_work() -> None:
    rules = replace(rules_in_force(), premium_from=0.3)

    assert choose(asked("pear " * 9), rules=rules).model_class == "premium"
    assert choose(asked("pear " * 8), rules=rules).model_class == "economy"


def test_the_whole_catalog_can_be_chosen_from() -> None:
    usable = tuple(load_catalog().entries.values())

    for text, model_class in ((LIGHT, "economy"), (MIDDLING, "standard"), (WORK, "premium")):
        choice = choose(asked(text), usable)
        assert load_catalog().entries[choice.ranked[0]].model_class == choice.model_class == model_class
        assert len(choice.ranked) == len(usable) - 1
