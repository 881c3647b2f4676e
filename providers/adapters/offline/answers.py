"""What the offline model answers: the first skill that recognises its task writes the answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from providers.adapters.offline import text_tasks
from providers.adapters.offline.arithmetic import find_calculation
from providers.adapters.offline.code_remarks import find_code
from providers.adapters.offline.extract import key_terms, matching_sentences, shortened, terms_of
from providers.adapters.offline.long_answer import find_long_request, write_long_answer
from providers.adapters.offline.phrases import PHRASES, Phrases
from providers.adapters.offline.talk import Talk

SHORT_CHARS = 80

_GREETING = re.compile(
    r"(?:hi|hello|hey|hiya|good (?:morning|afternoon|evening|day)|greetings|yo|xin chào|chào|alo|xin chao)\b", re.I
)
_THANKS = re.compile(r"(?:many thanks|thanks|thank you|thx|cheers|cảm ơn|cám ơn|cam on)\b", re.I)
_FAREWELL = re.compile(r"(?:bye|goodbye|good night|see you|tạm biệt|hẹn gặp lại)\b", re.I)
_IDENTITY = re.compile(
    r"\b(?:who|what) (?:are|r) (?:you|u)\b|\bwhat(?:'s|’s| is) your name\b|\bare you (?:a |an |the )?"  # noqa: RUF001
    r"(?:language model|llm|ai|bot|robot|human|real|chatgpt|gpt|claude|gemini|openai|chatbot)|\bwhich model\b|"
    r"\bwhat model\b|bạn là (?:ai|gì)|bạn (?:có phải )?là (?:mô hình|chatgpt|ai|robot|người)|tên bạn là gì|mô hình nào",
    re.I,
)
_KEY = re.compile(
    r"\b(?:api|provider|openai|anthropic|gemini|claude)[ -]?keys?\b|"
    r"\b(?:add|set|use|connect|configure|enter|paste|get)\b"
    r".{0,30}\b(?:key|provider|openai|anthropic|claude|gemini|chatgpt|language model|real model|llm)\b|"
    r"(?:thêm|nhập|cài|đặt|dùng|kết nối).{0,30}(?:khóa|khoá|key|nhà cung cấp|openai|anthropic|claude|gemini|chatgpt)",
    re.I,
)
_ABILITIES = re.compile(
    r"\bwhat can (?:you|i) (?:do|ask)|\bhow (?:do|can) (?:i|you) (?:use|help)|^help[.!?]*$|\bwhat do you do\b|"
    r"bạn (?:có thể )?làm (?:được )?(?:những )?gì|giúp được gì|^trợ giúp|^giúp[.!?]*$",
    re.I,
)
_DATE = re.compile(
    r"\bwhat(?:'s|’s| is)? (?:the )?(?:time|date|day)\b(?! of (?!the week|today))|\bwhat day is (?:it|today)|"  # noqa: RUF001
    r"\btoday(?:'s|’s) date\b|(?:hôm nay|bây giờ|giờ) là (?:ngày|thứ|mấy giờ|bao nhiêu)|mấy giờ rồi",  # noqa: RUF001
    re.I,
)
_RECALL = re.compile(
    r"\b(?:what|when|where) (?:did|have) (?:i|we|you) (?:already )?(?:say|said|write|written|tell|told|mention(?:ed)?|"
    r"discuss(?:ed)?|talk(?:ed)?|decide[d]?|agree[d]?)(?: (?:you|me))? (?:about|on|of|regarding)\s+(?P<what>[^?\n]+)|"
    r"\b(?:did|have) (?:i|we|you) (?:say|said|talk(?:ed)?|mention(?:ed)?|discuss(?:ed)?)(?: about| anything about)?\s+"
    r"(?P<whether>[^?\n]+)|\b(?:find|search(?: for)?|look for)\s+(?P<find>[^?\n]+?) in (?:this|our|the) "
    r"(?:conversation|chat)|(?:tôi|mình|chúng ta|bạn) (?:đã )?(?:nói|viết|bàn|nhắc)"
    r"(?: những)?(?: gì)? (?:về|đến|tới)\s+(?P<vi>[^?\n]+)",
    re.I,
)
_VIETNAMESE_DAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ nhật")


def compose_answer(talk: Talk, *, request_id: UUID) -> str:
    """The whole answer in Markdown. Nothing but its arguments goes in, so that a second call gives the same text."""
    phrases = PHRASES[talk.language]
    body = _date_answer(talk, phrases, request_id) or next(
        answer for skill in SKILLS if (answer := skill(talk, phrases)) is not None
    )
    if not talk.is_first_answer or body.startswith(phrases.identity):
        return body
    return f"{phrases.first_note}\n\n{body}"


def _nothing_asked(talk: Talk, phrases: Phrases) -> str | None:
    if talk.question or talk.material:
        return None
    return phrases.image_unseen if talk.has_image else phrases.nothing_asked


def _long_text(talk: Talk, phrases: Phrases) -> str | None:
    wanted = find_long_request(talk.task)
    return write_long_answer(wanted, phrases) if wanted else None


def _identity(talk: Talk, phrases: Phrases) -> str | None:
    if talk.material or not _IDENTITY.search(talk.task):
        return None
    return f"{phrases.identity}\n\n{phrases.abilities}\n\n{phrases.key_help}"


def _key_help(talk: Talk, phrases: Phrases) -> str | None:
    return phrases.key_help if not talk.material and _KEY.search(talk.task) else None


def _abilities(talk: Talk, phrases: Phrases) -> str | None:
    return phrases.abilities if not talk.material and _ABILITIES.search(talk.task) else None


def _courtesy(talk: Talk, phrases: Phrases) -> str | None:
    """Only where nothing else is asked: a greeting before a question is no answer's business."""
    words = len(talk.task.split())
    if talk.material or words > 4 or len(talk.task) > SHORT_CHARS or find_calculation(_after_greeting(talk.task)):
        return None
    if _GREETING.match(talk.task) and len(_after_greeting(talk.task).split()) <= 2 and "?" not in talk.task:
        return f"{phrases.greeting}\n\n{phrases.abilities}" if talk.is_first_answer else phrases.greeting
    if _THANKS.match(talk.task):
        return phrases.thanks
    return phrases.farewell if _FAREWELL.match(talk.task) else None


def _after_greeting(task: str) -> str:
    return _GREETING.sub("", task, count=1).strip(" ,.!")


def _sum(talk: Talk, phrases: Phrases) -> str | None:
    found = find_calculation(talk.question) or find_calculation(_after_greeting(talk.question))
    if found is None:
        return None
    expression = found.expression.replace("*", "×")  # noqa: RUF001
    if found.problem:
        return phrases.sum_problems[found.problem].format(expression=expression)
    result = phrases.sum_intro.format(expression=expression, sign="=" if found.is_exact else "≈", result=found.result)
    if len(found.steps) < 2:
        return result
    steps = "\n".join(f"{number}. {step}" for number, step in enumerate(found.steps, start=1))
    return f"{result}\n\n{phrases.sum_steps}\n\n{steps}"


def _date_answer(talk: Talk, phrases: Phrases, request_id: UUID) -> str | None:
    """When the question was asked, from its id (UUID version 7): a clock would tell another time after a crash."""
    if talk.material or not _DATE.search(talk.task):
        return None
    if request_id.version != 7:
        return phrases.no_clock
    try:
        asked_at = datetime.fromtimestamp((request_id.int >> 80) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return phrases.no_clock
    date = f"{asked_at:%A}, {asked_at.day} {asked_at:%B %Y}"
    if talk.language == "vi":
        date = f"{_VIETNAMESE_DAYS[asked_at.weekday()]}, {asked_at.day}/{asked_at.month}/{asked_at.year}"
    return phrases.today.format(date=date, time=f"{asked_at:%H:%M}")


def _recall(talk: Talk, phrases: Phrases) -> str | None:
    match = None if talk.material else _RECALL.search(talk.task)
    if match is None:
        return None
    topic = next(group for group in match.groups() if group).strip(" .!\"'“”")
    shown = shortened(re.sub(r"[*_`]", "", topic), limit_chars=60) or "?"
    found = matching_sentences(topic, talk.said_by("user")) or matching_sentences(topic, talk.said_by("assistant"))
    if not found:
        return phrases.recall_none.format(topic=shown)
    return f"{phrases.recall_found.format(topic=shown)}\n\n{_quotes(found)}"


def _code(talk: Talk, phrases: Phrases) -> str | None:
    code = find_code(talk.question)
    if code is None:
        return None
    remarks = [phrases.code_lines.format(lines=code.lines, language=code.language or "?")]
    if code.names:
        remarks.append(phrases.code_names.format(names=", ".join(f"`{name}`" for name in code.names)))
    remarks.append(phrases.code_end)
    return f"{phrases.code}\n\n{code.fenced()}\n\n" + "\n".join(f"- {remark}" for remark in remarks)


def _text_task(talk: Talk, phrases: Phrases) -> str | None:
    return text_tasks.answer(talk, phrases)


def _from_texts(talk: Talk, phrases: Phrases) -> str | None:
    """A question whose words stand in an attached passage or earlier in the conversation."""
    if len(terms_of(talk.task)) == 0:
        return None
    from_passages = matching_sentences(talk.task, talk.passages, count=4)
    if from_passages:
        return f"{phrases.passages}\n\n{_quotes(from_passages)}"
    earlier = matching_sentences(talk.task, talk.said_by("user"), count=4)
    if not earlier:
        return None
    topic = ", ".join(term for term, _ in key_terms(talk.task, count=3))
    return f"{phrases.cannot}\n\n{phrases.recall_found.format(topic=topic)}\n\n{_quotes(earlier)}"


def _cannot(talk: Talk, phrases: Phrases) -> str:
    seen = f"{phrases.image_unseen}\n\n" if talk.has_image else ""
    return f"{seen}{phrases.cannot}\n\n{phrases.abilities}\n\n{phrases.key_help}"


def _quotes(sentences: list[str]) -> str:
    return "\n".join(f"- {shortened(sentence)}" for sentence in sentences)


Skill = Callable[[Talk, Phrases], str | None]
SKILLS: tuple[Skill, ...] = (
    _nothing_asked,
    _sum,
    _long_text,
    _identity,
    _recall,
    _key_help,
    _abilities,
    _courtesy,
    _code,
    _text_task,
    _from_texts,
    _cannot,
)
