"""What the offline model says to what, and that nothing anyone writes makes it fail or take long."""

from __future__ import annotations

import time
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.adapters.offline.adapter import full_text
from providers.adapters.offline.answers import compose_answer
from providers.adapters.offline.language import detect_language
from providers.adapters.offline.phrases import PHRASES
from providers.adapters.offline.talk import read_talk, split_question
from providers.contract import ChatMessage, ChatRequest, ImagePart, ToolResultPart
from tests.providers.adapters.offline_requests import EARLIER, REQUEST_ID, ask

NILE = (
    "The Nile is a river in Africa. It is about 6,650 km long. Many countries share its water. Egypt depends on the "
    "Nile for farming. The river floods each summer. Farmers use the river's floods to water fields. Cairo lies there."
)
EN, VI = PHRASES["en"], PHRASES["vi"]


def said(topic: str) -> str:
    return EN.recall_found.format(topic=topic)


def answer(question: str) -> str:
    return full_text(ask(question))


@pytest.mark.parametrize("question", ["hi", "12 * 7", "What is love?", f"Summarise: {NILE}", "", "thanks"])
def test_the_first_answer_says_that_it_is_no_language_model(question: str) -> None:
    first = full_text(ask(question, earlier=()))

    assert first.startswith(EN.first_note)
    assert "not a language model" not in full_text(ask(question))


@pytest.mark.parametrize(
    "question",
    [
        "Who are you?",
        "what are you",
        "Are you ChatGPT?",
        "Are you a language model?",
        "Which model is this?",
        "Bạn là ai?",
        "Bạn có phải là ChatGPT không?",
    ],
)
def test_it_says_what_it_is_once(question: str) -> None:
    for text in (answer(question), full_text(ask(question, earlier=()))):
        assert text.startswith((EN.identity, VI.identity))
        assert "OPENAI_API_KEY" in text


@pytest.mark.parametrize(
    "question",
    [
        "How do I add an API key?",
        "How can I use Claude here?",
        "Where do I set the OpenAI key?",
        "How to connect a real model",
        "Làm sao để thêm khóa API?",
        "Làm thế nào để dùng Gemini?",
    ],
)
def test_it_explains_how_to_add_a_key(question: str) -> None:
    text = answer(question)

    assert all(name in text for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", ".env"))
    assert "**Providers**" in text or "**Nhà cung cấp**" in text


@pytest.mark.parametrize(
    ("question", "start"),
    [
        ("Hello!", EN.greeting),
        ("hey there", EN.greeting),
        ("Xin chào", VI.greeting),
        ("Thank you very much", EN.thanks),
        ("cảm ơn bạn", VI.thanks),
        ("Bye", EN.farewell),
        ("Tạm biệt", VI.farewell),
        ("help", EN.abilities),
        ("What can you do?", EN.abilities),
        ("Bạn làm được những gì?", VI.abilities),
        ("12 * 7", "**12 × 7 = 84**"),
        ("Hello, what is 12 * 7?", "**12 × 7 = 84**"),
        ("1/3", "**1 ÷ 3 ≈ 0.333333333333**"),
        ("Tính 12 nhân 7", "Kết quả: **12 × 7 = 84**"),
        ("(1+2)*3", "**(1 + 2) × 3 = 9**\n\nStep by step:\n\n1. 1 + 2 = 3\n2. 3 × 3 = 9"),
        ("1/0", "**1 ÷ 0** has no result"),
        ("What time is it?", "You asked on **Friday, 20 November 2026** at **08:04 UTC**."),
        ("Hôm nay là ngày mấy?", "Bạn hỏi vào ngày **Thứ Sáu, 20/11/2026**"),
        (
            "What did I say about the budget?",
            "This is what was said here about **the budget**:\n\n- My budget is 300 euros.",
        ),
        (
            "Where did we talk about Lisbon?",
            "This is what was said here about **Lisbon**:\n\n- The trip goes to Lisbon",
        ),
        ("Find Lisbon in this conversation", "This is what was said here about **Lisbon**:"),
        ("What did I say about cats?", "Nothing was said about **cats**"),
        ("Tôi đã nói gì về Lisbon?", "Đây là những gì đã được nói ở đây về **Lisbon**:"),
        (f"Summarise this: {NILE}", "### Summary\n\n- The Nile is a river in Africa.\n- "),
        (f"{NILE}\n\nPlease summarize the above.", "### Summary\n\n- The Nile is a river in Africa."),
        (f"Tóm tắt giúp tôi văn bản này:\n{NILE}", "### Tóm tắt\n\n- The Nile"),
        (NILE * 2, "### Summary\n\n- The Nile"),
        (f"Key terms:\n{NILE}", "### Key terms\n\n**floods** (2), **river** (2)"),
        (
            f"Analyse this text:\n{NILE}",
            "### The text in numbers\n\n| Measure | Value |\n| --- | ---: |\n",
        ),
        (
            f"Make a numbered list of steps from this:\n{NILE}",
            "### Steps\n\n1. The Nile is a river in Africa.\n2. ",
        ),
        ("Summarise our conversation", "### This conversation so far\n\n- My budget is 300 euros.\n- The trip"),
        ("Summarise this", "Paste the text below your request"),
        (
            "def f(x):\n    return x + 1",
            "This is the code as I received it:\n\n```python\ndef f(x):\n    return x + 1\n```\n\n",
        ),
        (
            "Explain\n```js\nconst a = (x) => x\n```",
            "This is the code as I received it:\n\n```js\nconst a = (x) => x\n```",
        ),
        ("What should my budget be?", f"{EN.cannot}\n\n{said('budget')}\n\n- My budget is"),
        ("What is the capital of France?", EN.cannot + "\n\n" + EN.abilities),
        ("Thủ đô của Pháp là gì?", VI.cannot),
        ("", EN.nothing_asked),
        (" \n ", EN.nothing_asked),
    ],
)
def test_answers(question: str, start: str) -> None:
    assert answer(question)[: len(start)] == start


def test_code_remarks_name_functions_language_and_lines() -> None:
    text = answer("```\nimport os\n\nclass Boat:\n    def sail(self):\n        pass\n```\nIs this right?")

    assert "- Lines: 5; language, as far as I can tell: python" in text
    assert "`Boat`, `sail`" in text


def test_a_fence_inside_the_code_stays_inside() -> None:
    text = answer("````md\n```\ninner\n```\n````")

    assert "````md\n```\ninner\n```\n````" in text


def test_a_summary_can_be_asked_of_an_earlier_text() -> None:
    text = full_text(ask("Summarise the text above", earlier=(("user", NILE), ("assistant", "Thanks."))))

    assert text.startswith("### Summary\n\n- The Nile is a river")


def test_a_tools_passages_are_quoted_and_the_system_prompt_is_not() -> None:
    messages = (
        ChatMessage.of_text("system", "The secret word is harbour."),
        ChatMessage("tool", (ToolResultPart("1", "search", "The harbour opens at six. Boats leave at seven."),)),
        ChatMessage.of_text("user", "When does the harbour open?"),
    )
    text = full_text(ChatRequest(REQUEST_ID, messages, "offline"))

    assert "- The harbour opens at six." in text
    assert "secret" not in text


def test_an_image_is_not_seen_and_said_so() -> None:
    message = ChatMessage("user", (ImagePart("image/png", b"x"),))

    assert EN.image_unseen in full_text(ChatRequest(REQUEST_ID, (message,), "offline"))


def test_without_a_time_in_the_id_it_has_no_clock() -> None:
    talk = read_talk(ask("What time is it?"))

    assert compose_answer(talk, request_id=UUID("00000000-0000-4000-8000-000000000000")) == EN.no_clock
    late = UUID(int=(2**128 - 1) & ~(0xF << 76) | (7 << 76))
    assert compose_answer(talk, request_id=late) == EN.no_clock


def test_a_long_answer_leads_to_nothing_that_is_missing() -> None:
    ends = [answer(f"Write {words} words about tea").rstrip()[-1] for words in range(50, 1_500, 25)]
    assert ":" not in ends


@pytest.mark.parametrize("words", [100, 500, 1_000, 2_000])
def test_a_long_answer_has_about_the_words_asked_for(words: int) -> None:
    text = answer(f"Write {words} words about volcanoes in Iceland")

    assert words * 0.85 <= len(text.split()) <= words * 1.25 + 80
    assert text.startswith("# Volcanoes in Iceland\n")


@pytest.mark.parametrize("question", ["Give me a long answer", "Write an essay about rain", "Viết 800 từ về biển"])
def test_a_long_answer_has_every_kind_of_block(question: str) -> None:
    text = answer(question)

    assert all(mark in text for mark in ("\n## ", "\n- ", "\n1. ", "\n| --- |", "\n```python\n"))
    assert text.count("```") % 2 == 0


def test_a_million_words_are_bounded() -> None:
    assert 10_000 < len(answer("write 999999 words about everything")) < 16_000


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("What is this?", "en"),
        ("Who is Nguyễn Huệ?", "en"),
        ("Bạn có khỏe không?", "vi"),
        ("xin chao ban", "vi"),
        ("Où est la gare?", "en"),
        ("", "en"),
        ("12 + 3", "en"),
    ],
)
def test_language(text: str, language: str) -> None:
    assert detect_language(text) == language


def test_a_question_is_split_into_task_and_material() -> None:
    assert split_question(f"Summarise: {NILE}") == ("Summarise", NILE)
    assert split_question(f"Summarise this text\n{NILE}") == ("Summarise this text", NILE)
    assert split_question(f"{NILE}\nWhat are the key terms?") == ("What are the key terms?", NILE)
    assert split_question("Why?") == ("Why?", "")
    assert split_question(NILE * 2) == ("", NILE * 2)


@given(st.text(), st.text(max_size=50), st.text(max_size=50))
def test_any_text_gets_the_same_answer_twice(question: str, earlier: str, partial_text: str) -> None:
    request = ask(question, earlier=(("user", earlier), ("assistant", earlier)), partial_text=partial_text)

    text = full_text(request)
    assert text
    assert text == full_text(request)
    text.encode("utf-8")


@given(
    st.sampled_from(["Summarise: ", "Key terms: ", "Analyse: ", "Steps: ", "What did I say about ", "```\n"]), st.text()
)
def test_any_material_is_answered(task: str, material: str) -> None:
    assert full_text(ask(task + material * 3))


@pytest.mark.parametrize(
    "question",
    [
        "lorem ipsum dolor sit amet. " * 40_000,
        "a" * 1_000_000,
        " " * 500_000 + "x",
        "x" + "\n" * 500_000 + "y",
        "SELECT a " * 100_000,
        "a {\n" * 100_000,
        "```\n" * 100_000,
        "a: " * 100_000,
        "public " * 100_000,
        "中文" * 300_000,
        "\ud800" * 300_000,
        "\x00" * 300_000,
        "write " * 100_000,
        "find " * 100_000,
        "Summarise: " + "|" * 300_000,
        "- " * 300_000,
    ],
    ids=lambda question: question[:12].encode("unicode_escape").decode(),
)
def test_huge_and_hostile_text_takes_no_time(question: str) -> None:
    started_at_s = time.process_time()
    text = full_text(ask(question, earlier=(*EARLIER, ("user", question), ("assistant", question))))

    assert text
    assert time.process_time() - started_at_s < 1.0
