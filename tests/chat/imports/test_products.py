"""The files of each product, as it exports them: branches, models, times, thoughts, code."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
import pytest

from accounts.models import User
from chat.models import Conversation, ImportedSource, Message
from tests.chat.imports.support import FILES, imported

QUESTION = "How do I count words?"
CODE = "Use a Counter:\n\n```python\nCounter(text.split())\n```"
THOUGHT = [{"type": "reasoning", "text": "A loop would do."}, {"type": "text", "text": "Two words."}]
# Model, provider, status and feedback of the two answers
ANSWERS: dict[str, list[tuple[str, str, str, str]]] = {
    "chatgpt": [("o4-mini", "openai", "complete", ""), ("gpt-4o", "openai", "complete", "")],
    "claude": [("", "anthropic", "complete", ""), ("", "anthropic", "complete", "")],
    "open-webui": [("qwen3:8b", "", "complete", ""), ("llama3.1:latest", "", "complete", "good")],
    "librechat": [("o4-mini", "", "stopped", ""), ("gpt-4o", "", "complete", "bad")],
}


def at(moment: str) -> datetime:
    return datetime.fromisoformat(f"{moment}+00:00")


@pytest.mark.parametrize("product", ANSWERS)
def test_a_conversation_with_two_answers(product: str, alice: User) -> None:
    content = (FILES / f"{product}.json").read_bytes()
    report = imported(alice, content).report
    assert report["refused"] == 0
    conversation = Conversation.objects.get(owner=alice, title="Counting words")
    question, first, second = conversation.messages.order_by("id")
    assert (question.role, question.text, question.author, question.parent) == ("user", QUESTION, alice, None)
    assert (first.parts, first.text) == (THOUGHT, "Two words.")
    assert (second.text, second.text_tokens is None) == (CODE, False)
    for answer, said in zip((first, second), ANSWERS[product], strict=True):
        assert (answer.model, answer.provider, answer.status, answer.feedback) == said
        assert (answer.role, answer.parent) == ("assistant", question)
    assert conversation.active_leaf == second
    assert [one.created_at for one in (question, first, second)] == [
        at("2025-08-24T01:46:45"),
        at("2025-08-24T01:46:50"),
        at("2025-08-24T01:47:00"),
    ]
    assert (conversation.title_source, conversation.active_at.date()) == ("person", at("2025-08-24T00:00:00").date())
    again = imported(alice, content).report
    assert (again["new"], again["known"]) == (0, report["new"])
    assert Message.objects.filter(conversation=conversation).count() == 3


def test_what_only_one_product_says(alice: User) -> None:
    for product in ANSWERS:
        imported(alice, (FILES / f"{product}.json").read_bytes())
    said = {one.product: one.conversation for one in sources()}
    assert said["chatgpt"].archived_at == said["chatgpt"].active_at == at("2025-08-24T01:53:20.500000")
    assert (said["open-webui"].is_pinned, [one.name for one in said["open-webui"].tags.all()]) == (True, ["python"])
    linear = Conversation.objects.get(title="Hello there")
    answer = linear.active_leaf
    assert answer is not None
    assert answer.parent is not None
    assert (answer.text, answer.parent.text) == ("Good morning", "Hello\nthere")


def sources() -> Any:
    return ImportedSource.objects.exclude(conversation__title="Hello there").select_related("conversation")


def test_what_stays_behind_is_said(alice: User) -> None:
    report = imported(alice, (FILES / "chatgpt.json").read_bytes()).report
    assert [line for line in report["lines"] if "1 file isn't in what you uploaded" in line["what"]]
    assert report["repaired"] == 1


def test_librechat_flat_is_the_same_as_nested(alice: User, charlie: User) -> None:
    document = orjson.loads((FILES / "librechat.json").read_bytes())
    [question] = document["messages"]
    document["messages"] = [question, *question.pop("children")]
    imported(alice, orjson.dumps(document))
    imported(charlie, (FILES / "librechat.json").read_bytes())

    def tree(owner: User) -> list[object]:
        messages = Message.objects.filter(conversation__owner=owner).order_by("id")
        return list(messages.values_list("text", "parent__text", "model", "created_at"))

    assert tree(alice) == tree(charlie)
