"""A conversation's title from its first question: a few of its own words, without the politeness around them."""

from __future__ import annotations

import re

from providers.adapters.offline.code_remarks import Code, find_code
from providers.adapters.offline.language import Language, detect_language
from providers.adapters.offline.talk import EXAMINED_MESSAGE_CHARS, cleaned
from providers.contract import ChatRequest

MAX_WORDS = 7
MIN_WORDS = 3
MAX_CHARS = 60
MAX_UNSPACED_CHARS = 24

_URL = re.compile(r"(?:https?://|www\.)(?:www\.)?(?P<host>[^\s/?#]+)[^\s]*", re.I)
_MARKERS = re.compile(r"^\s*(?:[#>*+\-]+|\d+[.)])\s+|[`~|<>]|(?<![\d\s])\*+|\*+(?![\d\s])|(?<!\w)_+|_+(?!\w)", re.M)
_FILLER = re.compile(
    r"(?:hi|hello|hey|hiya|good (?:morning|afternoon|evening)|dear|please|pls|kindly|ok|okay|so|well|um|thanks|"
    r"thank you|there|everyone|(?:can|could|would|will) you|(?:can|could) i|i want(?: you)? to|i want|"
    r"(?:i would|i'd) like(?: you)? to|i need(?: you)? to|i need|i have a question(?: about)?|"
    r"i was wondering(?: if| whether)?|(?:i am|i'm) trying to|help me(?: to| with)?|tell me(?: about)?|let me know|"
    r"just|quick question|do you know|give me|show me|write me|explain to me|"
    r"xin chào|chào bạn|chào|bạn ơi|alo|làm ơn|vui lòng|xin|bạn có thể|có thể|hãy|giúp tôi|giúp mình|giúp|"
    r"cho tôi biết|cho tôi|cho mình|tôi muốn hỏi(?: về)?|tôi muốn|mình muốn|tôi cần|tôi có câu hỏi(?: về)?|"
    r"こんにちは|안녕하세요)(?![\w’'])[\s,.!:;-]*|(?:你好|您好|请问|请)[,，!！。 ]*",  # noqa: RUF001
    re.I,
)
_TRAILING_FILLER = re.compile(r"(?:[\s,]+(?:please|pls|thanks|thank you|nhé|ạ|với ạ))+$", re.I)
_DANGLING_WORDS = (
    "a an the of to in on at by for from with and or but as is are was were be that this my your our their its it "
    "if và hoặc của cho với là thì mà ở trong về từ đến để một các những"
)
_DANGLING = frozenset(_DANGLING_WORDS.split())
_TRAILING = " \t\n.,;:!?…-–—/\\\"'“”‘’(«»[{。，！？；：、·)]}"  # noqa: RUF001
# The task may hold the first turn as a transcript: "user: ...", then "assistant: ...".
_SPEAKER = re.compile(r"^\s*(?:user|human|person):\s*", re.I)
_ANSWER = re.compile(r"^(?:assistant|ai|model):", re.M | re.I)
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\u0e00-\u0e7f]")
_NAMELESS: dict[Language, str] = {"en": "A new conversation", "vi": "Cuộc trò chuyện mới"}
_ABOUT: dict[Language, str] = {"en": "Question about", "vi": "Câu hỏi về"}


def make_title(request: ChatRequest) -> str:
    """Made from the first message of the person; never empty.

    Shape: 3 to 7 words, at most 60 characters, sentence case, no full stop. Scripts without spaces: 24 characters.
    """
    first = next((message.text for message in request.messages if message.role == "user" and message.text.strip()), "")
    question = _ANSWER.split(cleaned(first, limit_chars=EXAMINED_MESSAGE_CHARS), maxsplit=1)[0]
    question = _SPEAKER.sub("", question).strip()
    language = detect_language(question)
    code = find_code(question)
    prose = _prose(question, code)
    if code is not None and not prose:
        return _bounded(_code_title(code), language)
    return _bounded(prose, language)


def _prose(question: str, code: Code | None) -> str:
    """The first line that says something, without code, politeness and Markdown."""
    if code is not None:
        question = (
            re.sub(r"(?:`{3,}|~{3,}).*", " ", question, flags=re.S) if re.search(r"`{3,}|~{3,}", question) else ""
        )
    for line in _MARKERS.sub("", _URL.sub(_url_words, question)).split("\n"):
        plain = _without_filler(re.sub(r"\s+", " ", line).strip(_TRAILING))
        if any(character.isalnum() for character in plain):
            return plain
    return ""


def _url_words(match: re.Match[str]) -> str:
    return match["host"]


def _without_filler(line: str) -> str:
    rest = line
    while match := _FILLER.match(rest):
        rest = rest[match.end() :].lstrip(_TRAILING)
    return _TRAILING_FILLER.sub("", rest)


def _code_title(code: Code) -> str:
    language = {"javascript": "JavaScript", "typescript": "TypeScript", "sql": "SQL", "html": "HTML", "css": "CSS"}
    label = language.get(code.language, code.language.capitalize())
    if code.names:
        return f"{label} code with {' and '.join(code.names[:2])}".strip()
    return f"{label} code in {code.lines} lines".strip() if label else f"Code in {code.lines} lines"


def _bounded(text: str, language: Language) -> str:
    if not text:
        return _NAMELESS[language]
    if len(_UNSPACED.findall(text)) * 4 > len(text):
        return re.split(r"[。！？!?\n]", text)[0][:MAX_UNSPACED_CHARS].rstrip(_TRAILING) or text[:MAX_UNSPACED_CHARS]  # noqa: RUF001
    sentence = re.split(r"(?<=[^\W\d])[.!?](?:\s|$)", text)[0]
    words = (sentence if len(sentence.split()) >= MIN_WORDS else text).split()
    if len(words) < MIN_WORDS:
        words = [*_ABOUT[language].split(), *words]
    kept = _fitting(words[:MAX_WORDS])
    while len(kept) > MIN_WORDS and len(kept) < len(words) and kept[-1].lower().strip(_TRAILING) in _DANGLING:
        kept.pop()
    return _sentence_case(" ".join(kept).rstrip(_TRAILING)) or _NAMELESS[language]


def _fitting(words: list[str]) -> list[str]:
    """As many words as the length allows; a single word that is longer is cut."""
    kept: list[str] = []
    for word in words:
        room = MAX_CHARS - len(" ".join(kept)) - (1 if kept else 0)
        if len(word) > room:
            return kept if len(kept) >= MIN_WORDS else [*kept, f"{word[: room - 1]}…"]
        kept.append(word)
    return kept


def _sentence_case(title: str) -> str:
    """A capital first letter, except for what is written its own way: useEffect, snake_case, example.com."""
    first = title.split(" ", 1)[0]
    is_own_way = first[1:].lower() != first[1:] or any(mark in first for mark in "_./@\\")
    return title if is_own_way else title[:1].upper() + title[1:]
