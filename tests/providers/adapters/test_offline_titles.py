from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.adapters.offline.titles import make_title
from tests.providers.adapters.offline_requests import ask


def title_of(question: str) -> str:
    return make_title(ask(question, earlier=(("system", "Write a title."),), feature="title"))


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("Hello! Can you please tell me about the history of the Roman Empire?", "The history of the Roman Empire"),
        ("I'd like to plan a trip to Nguyễn Huệ street in Saigon", "Plan a trip to Nguyễn Huệ street"),
        ("Why is the sky blue?", "Why is the sky blue"),
        ("useEffect not firing in React 18", "useEffect not firing in React 18"),
        ("snake_case vs camelCase in Python?", "snake_case vs camelCase in Python"),
        ("C++ vs C#", "C++ vs C#"),
        ("What is 12 * 7?", "What is 12 * 7"),
        ("**Fix** the `login` page, please", "Fix the login page"),
        ("Docker", "Question about Docker"),
        ("docker compose", "Question about docker compose"),
        ("https://www.example.com/a/b?x=1", "Question about example.com"),
        ("Xin chào, bạn có thể giúp tôi viết một bài thơ về mùa thu Hà Nội không?", "Viết một bài thơ về mùa thu"),
        ("Hà Nội", "Câu hỏi về Hà Nội"),
        ("请问如何安装 Docker?", "如何安装 Docker"),
        ("日本語の文法について教えてください", "日本語の文法について教えてください"),
        ("```python\ndef fib(n):\n    return n\n```", "Python code with fib"),
        ("def fib(n):\n    return n\n", "Python code with fib"),
        ("Why does this fail?\n```js\nfoo()\n```", "Why does this fail"),
        ("# Heading one two\n\n* foo bar baz", "Heading one two"),
        ("user: How do tides work?\n\nassistant: The moon pulls the sea.", "How do tides work"),
        ("hi", "A new conversation"),
        ("Hi there!", "A new conversation"),
        ("Xin chào bạn ơi", "Cuộc trò chuyện mới"),
        ("", "A new conversation"),
        ("   \n ", "A new conversation"),
        ("?!", "A new conversation"),
        ("👍", "A new conversation"),
        ("\ud800", "A new conversation"),
    ],
)
def test_titles(question: str, title: str) -> None:
    assert title_of(question) == title


def test_the_first_question_counts() -> None:
    request = ask("And now something else entirely", earlier=(("user", "Recipe for bread"), ("assistant", "Flour.")))

    assert make_title(request) == "Recipe for bread"


@given(st.text(max_size=300))
def test_any_question_gives_a_short_title(question: str) -> None:
    title = title_of(question)

    assert 0 < len(title) <= 60
    assert len(title.split()) <= 7
    assert "\n" not in title
    title.encode("utf-8")


@given(st.lists(st.text(alphabet="abcdefgh", min_size=1, max_size=12), min_size=1, max_size=30))
def test_titles_of_words_have_three_to_seven_words(words: list[str]) -> None:
    assert 3 <= len(title_of(" ".join(words)).split()) <= 7


def test_very_long_text_is_no_trouble() -> None:
    assert len(title_of("word " * 200_000)) <= 60
    assert len(title_of("w" * 1_000_000)) <= 60
