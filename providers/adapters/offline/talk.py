"""The conversation as the offline model reads it: bounded, cleaned, with the question split into task and material."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from providers.adapters.offline.language import Language, detect_language
from providers.contract import ChatMessage, ChatRequest, ImagePart
from providers.documents import Document, unwrapped

EXAMINED_QUESTION_CHARS = 20_000
EXAMINED_MESSAGE_CHARS = 4_000
EXAMINED_MESSAGES = 100
EXAMINED_DOCUMENT_CHARS = 200_000
TASK_CHARS = 240
MATERIAL_MIN_CHARS = 60


@dataclass(frozen=True, slots=True)
class Talk:
    """`task` is what is asked, `material` the text it is asked of ("" if it stands elsewhere or nowhere).

    `passages` are results of tools and documents of earlier questions; `attached` are those of this one, in pieces.
    System prompts are left out: they are instructions, not the person's to be shown.
    """

    question: str
    task: str
    material: str
    earlier: tuple[ChatMessage, ...]
    passages: tuple[str, ...]
    attached: tuple[str, ...]
    language: Language
    is_first_answer: bool
    has_image: bool

    def said_by(self, role: str) -> list[str]:
        return [message.text for message in self.earlier if message.role == role]


def read_talk(request: ChatRequest) -> Talk:
    messages = list(request.messages)
    shown = request.partial_text.rstrip()
    if shown and messages and messages[-1].role == "assistant" and messages[-1].text.rstrip() == shown:
        messages.pop()
    asked_at = max((place for place, message in enumerate(messages) if message.role == "user"), default=None)
    asked = messages[asked_at] if asked_at is not None else ChatMessage("user", ())
    documents, written = unwrapped(asked.text)
    question = cleaned(written, limit_chars=EXAMINED_QUESTION_CHARS).strip()
    before = messages[:asked_at] if asked_at is not None else messages
    spoken = [message for message in before if message.role in ("user", "assistant")]
    attached = pieces_of(documents)
    task, material = split_question(question) if question or not attached else ("", attached[0])
    return Talk(
        question=question,
        task=task,
        material=material,
        earlier=tuple(_cleaned_message(message) for message in spoken[-EXAMINED_MESSAGES:]),
        passages=(*_passages(before), *attached)[-EXAMINED_MESSAGES:],
        attached=attached,
        language=detect_language(task or question),
        is_first_answer=not any(message.role == "assistant" for message in spoken),
        has_image=any(isinstance(part, ImagePart) for part in asked.parts),
    )


def pieces_of(documents: Iterable[Document]) -> tuple[str, ...]:
    """Their texts, each in pieces as long as a question may be, since so much of a text is looked at."""
    pieces, left_chars = [], EXAMINED_DOCUMENT_CHARS
    for document in documents:
        text = cleaned(document.text, limit_chars=left_chars)
        left_chars -= len(text)
        pieces += [text[at : at + EXAMINED_QUESTION_CHARS] for at in range(0, len(text), EXAMINED_QUESTION_CHARS)]
    return tuple(pieces)


def _passages(messages: Iterable[ChatMessage]) -> Iterator[str]:
    for message in messages:
        if message.role == "tool":
            yield _text_of(message)
        elif message.role == "user":
            yield from pieces_of(unwrapped(message.text)[0])


def cleaned(text: str, *, limit_chars: int) -> str:
    """Without what no database or socket takes: half surrogate pairs and zero bytes. Cut to `limit_chars`."""
    plain = text[:limit_chars].encode("utf-8", "replace").decode("utf-8")
    return plain.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")


def split_question(question: str) -> tuple[str, str]:
    """Task and material: "Summarise this: ...", a first or last line beside a long text, or one of the two."""
    head, colon, tail = question.partition(":")
    if colon and len(head) <= TASK_CHARS and "\n" not in head and len(tail.strip()) >= MATERIAL_MIN_CHARS:
        return head.strip(), tail.strip()
    lines = question.split("\n")
    first, last = lines[0].strip(), lines[-1].strip()
    after_first, before_last = "\n".join(lines[1:]).strip(), "\n".join(lines[:-1]).strip()
    if len(first) <= TASK_CHARS and len(after_first) >= MATERIAL_MIN_CHARS and is_instruction(first):
        return first, after_first
    if len(last) <= TASK_CHARS and len(before_last) >= MATERIAL_MIN_CHARS and is_instruction(last):
        return last, before_last
    return (question, "") if len(question) <= TASK_CHARS else ("", question)


def is_instruction(line: str) -> bool:
    return bool(_INSTRUCTION.search(line))


_INSTRUCTION = re.compile(
    r"\b(?:summar|tl;?dr|key ?(?:word|term|point)|main points|analy[sz]|statistic|word count|count|steps?|bullet|"
    r"explain|list|extract|review|what (?:does|is|are)|how|why|please|can you|could you|write|find|fix|describe|"
    r"look at)|\?\s*$|tóm tắt|từ khóa|ý chính|phân tích|thống kê|đếm|các bước|liệt kê|giải thích|viết|hãy|tìm",
    re.IGNORECASE,
)


def _text_of(message: ChatMessage) -> str:
    parts = [getattr(part, "text", "") for part in message.parts]
    return cleaned("\n".join(parts), limit_chars=EXAMINED_MESSAGE_CHARS)


def _cleaned_message(message: ChatMessage) -> ChatMessage:
    return ChatMessage.of_text(message.role, cleaned(unwrapped(message.text)[1], limit_chars=EXAMINED_MESSAGE_CHARS))
