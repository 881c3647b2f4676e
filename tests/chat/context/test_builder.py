"""What of a conversation goes to the model, and what its report says of that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from chat.context.builder import INSTRUCTIONS_MAX_TOKENS, OUTPUT_RESERVE_TOKENS, BuiltContext, build_context
from chat.context.entities import ENTITIES_MAX_TOKENS, Known, list_entities
from chat.context.history import Said, Summary, said
from chat.context.report import BudgetReport
from chat.context.scoring import scores_of, turns_of
from chat.context.stages import LONG_TOKENS, shorten
from chat.context.strategies import STRATEGIES
from chat.entities.graph import Found, FoundEntity, FoundRelation, Graph, merged
from chat.entities.names import name_key
from providers.catalog import load_catalog, put_in_force
from providers.contract import ChatMessage, Model
from providers.errors import ContextTooLong
from providers.tokens import count_message_tokens
from tests.providers.tokens.texts import CHINESE_PROSE, ENGLISH_LETTER, OTHERS, PROMISED

SYSTEM = "Answer in one sentence."
CATALOG = load_catalog()
CLAUDE = CATALOG.entries["anthropic/claude-haiku-5-5"].model
MODELS = [entry.model for entry in CATALOG.entries.values()]


@pytest.fixture
def dense() -> Iterator[Model]:
    """A model that makes three times as many tokens of a text as is counted without one."""
    endpoint = replace(CATALOG.endpoints[CLAUDE.endpoint], tokens_percent=300)
    put_in_force(replace(CATALOG, endpoints={**CATALOG.endpoints, CLAUDE.endpoint: endpoint}))
    yield CLAUDE
    put_in_force(None)


def talk(text: str, *, turns: int) -> list[Said]:
    return [said("assistant" if turn % 2 else "user", f"{turn}. {text}") for turn in range(turns)]


def part(context: BuiltContext, name: str) -> int:
    return sum(one.tokens for one in context.report.parts if one.name == name)


def holds(context: BuiltContext, history: list[Said]) -> None:
    """What every report has to keep to."""
    report = context.report
    assert report.used_tokens == sum(one.tokens for one in report.parts)
    assert sum(one.messages for one in report.parts if one.name != "answer") == len(context.messages)
    if context.refusal is None:
        saved = sum(stage.saved_tokens for stage in report.stages)
        assert report.considered_tokens - saved == part(context, "history") + part(context, "question")
        assert all(stage.saved_tokens > 0 and stage.messages > 0 for stage in report.stages)
    assert BudgetReport.of_json(report.as_json()) == report
    if history:
        assert context.messages[-1] == history[-1].as_message()


def test_everything_fits_a_large_window() -> None:
    history = talk(ENGLISH_LETTER, turns=5)
    context = build_context(history, system_prompt=SYSTEM, model=CLAUDE)
    assert context.messages == (ChatMessage.of_text("system", SYSTEM), *(one.as_message() for one in history))
    assert (context.report.stages, context.refusal) == ((), None)
    assert context.keeps_history
    holds(context, history)


def test_a_history_that_moves_on_is_not_the_beginning_of_the_next(settings: Settings) -> None:
    history = talk(ENGLISH_LETTER, turns=5)
    settings.MAX_CONVERSATION_HISTORY = len(history) + 1
    assert not build_context(history, model=CLAUDE).keeps_history
    settings.MAX_CONVERSATION_HISTORY = len(history) + 2
    assert build_context(history, model=CLAUDE).keeps_history
    settings.CONTEXT_TARGET_TOKENS = 600
    assert not build_context(history, model=CLAUDE).keeps_history


def test_without_a_model_the_target_alone_bounds_it() -> None:
    history = talk(ENGLISH_LETTER, turns=3)
    context = build_context(history)
    assert len(context.messages) == 3
    assert (context.report.window_tokens, context.report.utilisation) == (None, None)
    holds(context, history)


@pytest.mark.parametrize("text", [ENGLISH_LETTER, CHINESE_PROSE])
def test_the_oldest_messages_are_left_out_at_last(text: str, settings: Settings) -> None:
    settings.CONTEXT_TARGET_TOKENS = 4_000
    history = talk(text, turns=101)
    context = build_context(history, system_prompt=SYSTEM, model=CLAUDE)
    kept = len(context.messages) - 1
    assert 1 < kept < 101
    assert [stage.name for stage in context.report.stages][-1] == "drop_oldest"
    assert part(context, "history") + part(context, "question") <= 4_000
    assert context.messages[1].role == "user"
    holds(context, history)


def test_long_questions_are_shortened_before_answers_and_the_newest_of_each_not_at_all(settings: Settings) -> None:
    long = "A word and another one. " * 400
    history = [said("user", long), said("assistant", long), said("user", long), said("assistant", long)]
    history.append(said("user", "And now?"))
    each = history[0].tokens
    settings.CONTEXT_TARGET_TOKENS = 4 * each - 100
    context = build_context(history)
    assert [(stage.name, stage.messages) for stage in context.report.stages] == [("shorten_questions", 1)]
    assert [len(message.text) < len(long) for message in context.messages] == [True, False, False, False, True]
    settings.CONTEXT_TARGET_TOKENS = 2 * each
    context = build_context(history)
    assert [stage.name for stage in context.report.stages] == ["shorten_questions", "shorten_answers"]
    assert [len(message.text) < len(long) for message in context.messages] == [True, True, True, False, True]
    holds(context, history)


def test_a_shortened_message_keeps_its_beginning_and_its_end() -> None:
    words = " ".join(str(number) for number in range(3_000))
    short = shorten(said("user", words))
    assert short.text.startswith("0 1 2 3 ")
    assert short.text.endswith(" 2998 2999")
    assert "left out here: about" in short.text
    assert short.tokens < LONG_TOKENS


def test_what_is_shortened_counts_as_the_model_counts_it(dense: Model) -> None:
    history = [*talk(ENGLISH_LETTER * 4, turns=40), said("user", "And now?")]
    context = build_context(history, model=replace(dense, context_window_tokens=24_000))
    assert [stage.name for stage in context.report.stages][:2] == ["shorten_questions", "shorten_answers"]
    assert part(context, "history") > 10_000
    assert count_message_tokens(context.messages, model=dense) <= 1.02 * context.report.used_tokens
    holds(context, history)


@pytest.mark.parametrize("memory", STRATEGIES)
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.full_id)
def test_for_every_model_it_fits_the_window_with_the_reserve(model: Model, memory: str) -> None:
    history = [replace(one, id=uuid4()) for one in talk(ENGLISH_LETTER + CHINESE_PROSE, turns=101)]
    strategy = STRATEGIES[memory]
    covered = frozenset(one.id for one in history[:90] if one.id)
    context = build_context(
        history,
        summary=Summary("They wrote letters.", covered, is_needed=True) if strategy.has_summary else None,
        known=Known(known_names(60).graph, strategy.hops) if strategy.has_entities else None,
        system_prompt=SYSTEM,
        model=model,
    )
    names = {one.name for one in context.report.parts}
    assert ("summary" in names, "entities" in names) == (strategy.has_summary, strategy.has_entities)
    report = context.report
    assert context.refusal is None
    assert report.reserve_tokens == min(
        OUTPUT_RESERVE_TOKENS, model.max_output_tokens, model.context_window_tokens // 2
    )
    assert report.used_tokens + report.reserve_tokens <= model.context_window_tokens
    assert count_message_tokens(context.messages, model=model) + report.reserve_tokens <= model.context_window_tokens
    holds(context, history)


@pytest.mark.parametrize("text", [*PROMISED.values(), *OTHERS.values()])
def test_no_language_counts_more_than_is_reported(text: str) -> None:
    history = talk(text, turns=4)
    context = build_context(history, system_prompt=SYSTEM, model=CLAUDE)
    assert count_message_tokens(context.messages, model=CLAUDE) <= 1.1 * context.report.used_tokens


def test_what_no_window_has_room_for_is_refused_with_figures() -> None:
    small = replace(CLAUDE, context_window_tokens=2_000)
    history = [*talk(ENGLISH_LETTER, turns=2), said("user", "A word and another. " * 2_000)]
    context = build_context(history, model=small)
    assert isinstance(context.refusal, ContextTooLong)
    assert "larger window" in context.refusal.user_message
    assert len(context.messages) == 1
    holds(context, history)


def test_instructions_that_are_too_long_are_refused_by_their_limit() -> None:
    context = build_context(talk("Hello", turns=1), system_prompt="A rule and another. " * 2_000, model=CLAUDE)
    assert context.refusal is not None
    assert f"{INSTRUCTIONS_MAX_TOKENS:,}" in context.refusal.user_message


def test_the_answer_so_far_takes_room_too() -> None:
    history = talk("Hello", turns=1)
    context = build_context(history, partial_text=ENGLISH_LETTER, model=CLAUDE)
    assert part(context, "answer") > 100
    holds(context, history)


def known_names(count: int) -> Known:
    """Each has to do with the next."""
    entities = tuple(FoundEntity(f"Name {number}", "person", (), (("age", "40"),)) for number in range(count))
    relations = tuple(FoundRelation(f"Name {number}", "knows", f"Name {number + 1}") for number in range(count - 1))
    return Known(merged(Graph(), Found(entities, relations), lambda key: key), hops=2)


def test_entities_stand_between_instructions_and_what_was_said() -> None:
    history = talk("Hello", turns=3)
    context = build_context(history, known=known_names(3), system_prompt=SYSTEM, model=CLAUDE)
    assert [message.role for message in context.messages[:3]] == ["system", "system", "user"]
    assert "- Name 0 (person): age: 40; knows Name 1" in context.messages[1].text
    [listed] = [one for one in context.report.parts if one.name == "entities"]
    assert (listed.entities, listed.messages) == (3, 1)
    assert context.keeps_history
    holds(context, history)


@pytest.mark.parametrize(("hops", "named"), [(0, [30]), (1, [29, 30, 31]), (2, [28, 29, 30, 31, 32])])
def test_what_is_asked_about_and_its_neighbours_come_first(hops: int, named: list[int]) -> None:
    known = Known(known_names(60).graph, hops=hops)
    listed = list_entities(known, "What of name 30?", max_tokens=30 + 20 * len(named))
    assert listed is not None
    assert listed.is_of_question
    lines = [line for line in listed.text.splitlines() if line.startswith("- ")]
    assert {f"- Name {number} (person)" for number in named} <= {line.split(":")[0] for line in lines}
    assert len(lines) <= len(named) + 2
    assert list_entities(known, "What of it?", max_tokens=5) is None


def test_another_questions_entities_are_no_beginning_that_is_kept() -> None:
    history = [*talk("Hello", turns=4), said("user", "And now?")]
    context = build_context(history, known=known_names(60), about="name 7", model=CLAUDE)
    assert "Name 7 (person)" in context.messages[0].text
    assert not context.keeps_history
    assert part(context, "entities") <= ENTITIES_MAX_TOKENS * 1.5
    holds(context, history)


def test_the_summary_leaves_what_says_most_by_itself_as_it_was_said() -> None:
    same = [said("assistant" if turn % 2 else "user", ENGLISH_LETTER) for turn in range(60)]
    same[20] = said("user", "Ottilie keeps seven geese behind the mill, and Bertram paints their portraits. " * 4)
    history = [replace(one, id=uuid4()) for one in [*same, *talk("Hello", turns=9)]]
    covered = frozenset(one.id for one in history[:60] if one.id)
    summary = Summary("They wrote letters.", covered, is_needed=False)
    context = build_context(history, summary=summary, model=CLAUDE, target_tokens=2_500)
    assert [stage.name for stage in context.report.stages] == ["use_summary"]
    kept = [message.text for message in context.messages]
    assert history[20].text in kept, "it is like nothing else"
    assert 5 < len(kept) < 40
    assert [message.role for message in context.messages[1:]] == [
        "assistant" if place % 2 else "user" for place in range(len(kept) - 1)
    ]
    holds(context, history)


def test_scores_are_made_of_recency_uniqueness_and_place() -> None:
    turns = turns_of([said("user", text) for text in ("a b", "a b", "c d", "a b")])
    scores = scores_of(turns, [])
    assert scores == pytest.approx([0.4 / 3 + 0.2, 0.4 / 3 + 0.4 / 3, 0.8 / 3 + 0.4, 0.4 + 0.4 / 3 + 0.2])
    assert scores_of([], []) == []


texts = st.text(alphabet="ab \n字é", max_size=40).flatmap(lambda text: st.sampled_from([text, text * 60, text * 400]))


summaries = st.none() | st.tuples(texts, st.integers(0, 14), st.booleans())


@given(
    st.lists(texts, min_size=1, max_size=14),
    st.sampled_from(MODELS),
    st.integers(1, 6_000),
    texts,
    summaries,
    st.none() | st.integers(1, 60),
)
def test_any_conversation_fits_and_adds_up(
    given_texts: list[str],
    model: Model,
    target: int,
    system: str,
    summed: tuple[str, int, bool] | None,
    names: int | None,
) -> None:
    history = [
        said("assistant" if place % 2 else "user", text, message_id=UUID(int=place))
        for place, text in enumerate(given_texts)
    ]
    summary = summed and Summary(summed[0], frozenset(UUID(int=place) for place in range(summed[1])), summed[2])
    known = known_names(names) if names else None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.conf.settings.CONTEXT_TARGET_TOKENS", target)
        context = build_context(history, summary=summary, known=known, system_prompt=system, model=model)
    holds(context, history)
    if context.refusal is None:
        before = part(context, "history")
        assert before == 0 or before + part(context, "question") <= target


def test_a_long_question_is_looked_through_at_both_ends_and_kept_nowhere() -> None:
    known, filler = known_names(60), "x " * 50_000
    list_entities(known, "", max_tokens=ENTITIES_MAX_TOKENS)
    kept = name_key.cache_info().misses
    for question in (f"Who is Name 7? {filler}", f"{filler} Who is Name 7?"):
        listed = list_entities(known, question, max_tokens=100)
        assert listed is not None
        assert "Name 7 (person)" in listed.text
    assert name_key.cache_info().misses == kept
