"""The built-in model's summaries: what it keeps of what was said."""

from __future__ import annotations

from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from providers.adapters.offline.adapter import full_text
from providers.adapters.offline.summaries import MAX_WORDS
from providers.contract import ChatMessage, ChatRequest


def summary(former: str, new: str) -> str:
    asked = f"Summary so far:\n{former}\n\nNew messages:\n{new}"
    messages = (ChatMessage.of_text("system", "Rewrite it."), ChatMessage.of_text("user", asked))
    return full_text(ChatRequest(request_id=uuid4(), messages=messages, model="offline", feature="summary"))


def test_what_a_person_told_is_kept_and_what_they_asked_is_not() -> None:
    made = summary("(none)", "user: My cat is called Tom. How old do cats get?\n\nassistant: Some live for 20 years.")
    assert made.splitlines() == ["My cat is called Tom.", "Some live for 20 years."]


def test_the_summary_before_stands_first() -> None:
    assert summary("She has a cat.", "user: It is black.\n\nassistant: Good.").splitlines()[:2] == [
        "She has a cat.",
        "It is black.",
    ]


@given(st.text(max_size=300), st.lists(st.text(max_size=200), max_size=8))
def test_it_is_never_longer_than_a_summary_may_be(former: str, texts: list[str]) -> None:
    new = "\n\n".join(f"{'assistant' if place % 2 else 'user'}: {text}" for place, text in enumerate(texts))
    made = summary(former or "(none)", new)
    assert len(made.split()) <= MAX_WORDS or "\n" not in made
