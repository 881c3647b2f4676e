"""What a message is taken for, and how sure that is."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.understanding.intent import INTENTS, understand

# In the middle of a conversation
SURE = {
    "goodbye": """
        Bye! | bye bye | Goodbye. | Thanks, bye | ok thanks, that's all for now | See you tomorrow! | Good night |
        That's all, thank you so much! | Great, see you later | gotta go, thanks |
        Tạm biệt nhé | Cảm ơn bạn, hẹn gặp lại | chúc ngủ ngon | vậy thôi nhé, cảm ơn | tam biet | hen gap lai ban
    """,
    "feedback": """
        Thanks! | thank you so much for your help | Perfect, thanks | That's wrong. | wrong | Great answer! |
        ok | Okay, got it | makes sense, thank you | That is not correct | it works now | I see | Exactly! |
        Cảm ơn | cảm ơn bạn nhiều nhé | Hay quá! | Sai rồi | tuyệt vời, cảm ơn bạn | Đúng rồi ạ | cam on ban |
        vâng, tôi hiểu rồi
    """,
    "clarification": """
        What do you mean? | I meant the German one | No, I mean the river | I don't understand |
        Could you clarify? | That's not what I asked. | What does that mean? | Sorry, I meant Java |
        What did you mean by number 3? |
        Ý tôi là con sông | Nghĩa là sao? | tôi không hiểu | Ý bạn là gì?
    """,
    "new_topic": """
        New topic: how do planes fly? | By the way, what is Redis? | Different question: who was Ada Lovelace? |
        Let's talk about something else | On another note, write a haiku | Forget that. What is 2 + 2? |
        Câu hỏi khác: sao trời xanh? | Nhân tiện, Redis là gì? | Chuyển chủ đề nhé
    """,
    "follow_up": """
        What about the second one? | and in winter? | Why? | Tell me more | How does it work? | Translate it to French |
        Thanks! Now make it shorter | Go on | What about Python? | Can you explain this to me? |
        Which of them is best? |
        Is that true? | option 2 | the last one please | Another example |
        Cái thứ hai thì sao? | Còn Python thì sao? | Nó hoạt động thế nào? | tại sao? | Cho ví dụ | tiếp tục đi |
        Giải thích mục 3 | dịch cái đó sang tiếng Anh | cai do hoat dong the nao
    """,
    "command": """
        Write a poem about rivers | Please translate "cat" into French | Could you list three uses of Redis? |
        Explain quantum physics | I need you to draft a letter | Hi! Help me plan a trip to Hue |
        Write a story about the day that rain came | Great. Now write a test for Django |
        Viết một bài thơ về Huế | Hãy giải thích vật lý lượng tử | Bạn có thể dịch câu "cat" không? |
        Tóm tắt truyện Kiều
    """,
    "question": """
        What is Django? | who wrote Hamlet | How do planes fly? | Is it possible to fly to Mars? | 2 + 2? |
        What is the first step to learn piano? | Does Rust have classes? | Thủ đô của Pháp là gì | Sông nào dài nhất? |
        Bạn có thích mưa không | Ai là tác giả Truyện Kiều | nước sôi ở bao nhiêu độ
    """,
}
UNSURE = ["Swimming pools", "My name is Anna", "hmm", "no", "🤔", "…", "", "Ich liebe Kuchen", "日本", "x" * 10_000]


def cases(listed: dict[str, str]) -> list[tuple[str, str]]:
    return [(" ".join(one.split()), intent) for intent, texts in listed.items() for one in texts.split("|")]


@pytest.mark.parametrize(("text", "intent"), cases(SURE))
def test_a_rule_is_sure(text: str, intent: str) -> None:
    found = understand(text, has_earlier=True)
    assert (found.intent, found.is_sure) == (intent, True)


@pytest.mark.parametrize("text", UNSURE)
def test_where_no_rule_is_sure_it_says_so(text: str) -> None:
    assert not understand(text, has_earlier=True).is_sure


@pytest.mark.parametrize(
    ("text", "intent"),
    [("How does it work?", "question"), ("Translate it", "command"), ("Why?", "question"), ("thanks", "feedback")],
)
def test_a_first_message_follows_nothing(text: str, intent: str) -> None:
    assert understand(text, has_earlier=False).intent == intent


@pytest.mark.parametrize(
    "text",
    [
        "Is thanks a noun?",
        "thanks " * 20,
        "Great rivers of Asia",
        "Thank the team in a letter",
        "bye is a word in golf",
    ],
)
def test_what_only_begins_like_an_end_is_none(text: str) -> None:
    assert understand(text, has_earlier=True).intent not in ("feedback", "goodbye")


@given(st.text(max_size=3_000), st.booleans())
def test_whatever_is_said_is_something(text: str, has_earlier: bool) -> None:
    assert understand(text, has_earlier=has_earlier).intent in INTENTS


@pytest.mark.parametrize(
    "piece", ["thanks ", "it ", "the ", "1. ", "(", "?", "a-", "'", "the first ", "cái ", "\n", "là gì "]
)
def test_a_long_message_takes_no_time(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    began_s = time.process_time()
    understand(text, has_earlier=True)
    assert time.process_time() - began_s < 0.2
