"""Finding what matters in a text: sentences, terms, statistics. Pure; callers bound the text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

MAX_SENTENCES = 400
SHOWN_SENTENCE_CHARS = 280

_STOP_WORDS_LIST = (
    "the a an and or but if of to in on at by for from with without into over under as is are was were be been "
    "being it its this that these those i you he she we they me him her us them my your his our their what which "
    "who whom how why when where do does did done can could will would shall should may might must not no nor so "
    "than then there here also just only very more most some any all each both such about after before again "
    "between because while during has have had having up down out off too own same other one two please say said "
    "tell summarise summarize text và là của có không cho tôi bạn này những các một trong để với đã gì ai sao nào "
    "thế như được làm hãy khi thì mà từ về đến ra vào lên xuống rất cũng đang sẽ bị bởi hay hoặc nếu vì nên nhưng "
    "theo trên dưới sau trước đó đây nó họ chúng ta mình người cái con việc điều tóm tắt văn bản"
)
_STOP_WORDS = frozenset(_STOP_WORDS_LIST.split())
_CJK = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_WORD = re.compile(rf"[{_CJK}]+|[^\W\d_{_CJK}][^\W_{_CJK}]*(?:['’\-][^\W_{_CJK}]+)*")  # noqa: RUF001
# A title before a name ends none.
_NO_TITLE = "".join(rf"(?<!\b{title}\.)" for title in ("Mr", "Mrs", "Ms", "Dr", "Prof"))
_SENTENCE_END = re.compile(rf"(?<=[.!?…]){_NO_TITLE}[\"'”’)\]]*\s+|(?<=[。！？])|\n+")  # noqa: RUF001
_CJK_RUN = re.compile(rf"[{_CJK}]+")


@dataclass(frozen=True, slots=True)
class TextStatistics:
    characters: int
    words: int
    distinct_words: int
    sentences: int
    paragraphs: int
    mean_sentence_words: float
    longest_word: str


def words_of(text: str) -> list[str]:
    """Words in lower case. Chinese and Japanese, which have no spaces, give their pairs of characters."""
    words: list[str] = []
    for match in _WORD.findall(text):
        if _CJK_RUN.fullmatch(match):
            words.extend(match[place : place + 2] for place in range(max(1, len(match) - 1)))
        else:
            words.append(match.lower())
    return words


def terms_of(text: str) -> list[str]:
    return [word for word in words_of(text) if len(word) > 1 and word not in _STOP_WORDS]


def sentences_of(text: str) -> list[str]:
    """Sentences without their Markdown markers, each on one line, in order."""
    sentences = []
    for piece in _SENTENCE_END.split(text):
        plain = re.sub(r"\s+", " ", re.sub(r"^\s*(?:[#>*+\-|]+|\d+[.)])\s+", "", piece)).strip(" |")
        if any(character.isalnum() for character in plain):
            sentences.append(plain)
        if len(sentences) >= MAX_SENTENCES:
            break
    return sentences


def shortened(sentence: str, *, limit_chars: int = SHOWN_SENTENCE_CHARS) -> str:
    """A sentence as it may stand in a list: one line, bounded, with no backticks that could open a code span."""
    plain = re.sub(r"\s+", " ", sentence).replace("`", "'").strip()
    if len(plain) <= limit_chars:
        return plain
    cut = plain[: limit_chars - 1]
    return cut[: max(cut.rfind(" "), limit_chars // 2)].rstrip() + "…"


def key_terms(text: str, *, count: int = 8) -> list[tuple[str, int]]:
    """The most frequent terms with their counts; longer words first where counts are equal, then as they came."""
    counts = Counter(terms_of(text))
    order = {term: place for place, term in enumerate(counts)}
    ranked = sorted(counts.items(), key=lambda item: (-item[1], -min(len(item[0]), 10), order[item[0]]))
    return ranked[:count]


def summary_sentences(text: str, *, count: int = 4) -> list[str]:
    """The sentences that carry the text's frequent terms, in the order of the text; the first has a head start."""
    sentences = list(dict.fromkeys(sentences_of(text)))
    if len(sentences) <= count:
        return sentences
    weights = Counter(terms_of(text))

    def score(place: int) -> float:
        terms = terms_of(sentences[place])
        weight = sum(weights[term] for term in set(terms)) / (len(terms) + 4)
        return weight * (1.5 if place == 0 else 1.0)

    best = sorted(range(len(sentences)), key=lambda place: (-score(place), place))[:count]
    return [sentences[place] for place in sorted(best)]


def matching_sentences(topic: str, texts: Iterable[str], *, count: int = 5) -> list[str]:
    """Sentences that hold terms of `topic`: those with most of them, in the order they were said."""
    wanted = set(terms_of(topic)) or set(words_of(topic))
    sentences = list(dict.fromkeys(sentence for text in texts for sentence in sentences_of(text)))
    scores = [len(wanted & set(words_of(sentence))) for sentence in sentences]
    best = sorted((place for place, score in enumerate(scores) if score), key=lambda place: (-scores[place], place))
    return [sentences[place] for place in sorted(best[:count])]


def statistics_of(text: str) -> TextStatistics:
    words = [word.lower() for word in _WORD.findall(text)]
    sentences = sentences_of(text)
    return TextStatistics(
        characters=len(text),
        words=len(words),
        distinct_words=len(set(words)),
        sentences=len(sentences),
        paragraphs=len([block for block in re.split(r"\n\s*\n", text) if block.strip()]),
        mean_sentence_words=round(len(words) / len(sentences), 1) if sentences else 0.0,
        longest_word=max(words, key=len, default=""),
    )
