"""What a question says, apart from how it is put: the check behind the vector.

An average of word vectors finds "Did Poland invade Germany?" the same as "Did Germany invade Poland?", and "is it safe"
as good as "is it not safe": of 71 pairs with different answers it put 37 above the threshold. So a stored answer is
used only if both questions come down to the same words in the same order. What is taken away first can't change an
answer: greetings, "please", "can you tell me", "how can I" for "how do I", contractions, capitals, the mark at the end.
Articles, plurals, prepositions, numbers, signs and negations all stay: each of them changes some answer.
"""

from __future__ import annotations

import re
import unicodedata

# A question, not a text to work on: of longer ones every word would have to be weighed.
QUESTION_MAX_CHARS = 500

# Words with marks and figures within them ("don't", "3.5", "10:30"); every other sign stands for itself.
_TOKEN = re.compile(r"[^\W_]+(?:['.,:/-][^\W_]+)*|\S")
_QUOTES = str.maketrans("\u2018\u2019\u201c\u201d\u201e\uff1f\u3002\uff01\uff0c", '\'\'"""?.!,')
_END_MARKS = {"?", ".", "…", "!"}
# In capitals each is something else: the US, a WHO report, the IT department.
_SHORT_WORDS = re.compile("aids|am|an|as|at|be|by|do|go|he|hi|if|in|is|it|me|my|no|of|oh|ok|on|or|so|to|up|us|we|who")
# With a capital each is a country, a month, a firm, a name.
_COMMON_WORDS = re.compile(
    "amazon|apple|august|bill|bush|chad|china|drew|earth|excel|frank|go|grace|grant|jack|japan|java|job|jordan|june|march"
    "|mark|may|mobile|nice|office|orange|oracle|polish|reading|rose|rust|safari|shell|slack|swift|target|teams|turkey|visa"
    "|will|windows|word|zoom"
)
_SPELLINGS = {
    "an": "a",
    "analyse": "analyze",
    "behaviour": "behavior",
    "cannot": "can not",
    "can't": "can not",
    "centre": "center",
    "colour": "color",
    "favourite": "favorite",
    "optimise": "optimize",
    "organise": "organize",
    "recognise": "recognize",
    "shan't": "shall not",
    "summarise": "summarize",
    "visualise": "visualize",
    "won't": "will not",
    "i'm": "i am",
    "i'd": "i would",
}
_CONTRACTED = re.compile(
    r"(?P<word>what|who|where|when|why|how|that|there|it)'s|(?P<negated>[a-z]+)n't|(?P<subject>you|we|they)'(?P<verb>re|ve|ll)"
)
_VERBS = {"re": "are", "ve": "have", "ll": "will"}
_ASKING = "who|what|when|where|why|how|which"
_REQUESTED = "tell|explain|give|show|describe|list|write|summarize|translate|define|name|suggest|recommend|compare"
# Applied in this order, again and again until nothing changes.
_FRAMES = [
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"^(?:hi|hello|hey|good (?:morning|afternoon|evening))(?: there)? [,.!] ", ""),
        (r"^(?:please|kindly) (?:, )?", ""),
        # After the end of a sentence only: "how do I say please" and "how do I say thanks" are two questions.
        (r"(?: [.!?])+ (?:please|thanks|thank you|thanks in advance)$", ""),
        (rf"^(?:can|could|would|will) you (?:please |kindly )?(?=(?:{_REQUESTED})\b)", ""),
        (r"^do you know (?=(?:who|what|when|where|why|which)\b)", "tell "),
        (rf"^i (?:want|would like|need) to know (?=(?:{_ASKING})\b)", ""),
        (rf"^tell me (?=(?:{_ASKING})\b)", "tell "),
        (r"^tell (?=who (?:wrote|invented|discovered|founded|won|killed|painted|directed|composed) )", ""),
        (r"^tell what (the .+) (is|are)$", r"what \2 \1"),
        (r"^tell (?=how to\b)", ""),
        (r"^(?:what (?:is|are)|tell me|give me) (?=the )", ""),
        (r"^(?:explain|describe) (?=the differences? between )", ""),
        # "How do I look?" is about me.
        (r"^how (?:do|can) i (?!look|feel|seem|sound|appear|compare|rank|score|differ|do )", "how to "),
        (r"^(how many .+ are) there (?=in )", r"\1 "),
        (r"^write me (?=a )", "write "),
        (r"^xin (?=hãy |vui lòng |cho )", ""),
        (r"^(?:hãy|vui lòng|làm ơn|bạn có thể) (?=cho (?:tôi|mình|em) biết )", ""),
        (r"^cho (?:tôi|mình|em) biết ", ""),
        (r" (?:ạ|nhé)$", ""),
    )
]
# What asks for the present: tomorrow the answer is another.
_PRESENT = re.compile(
    r"\b(?:today|tonight|tomorrow|yesterday|now|nowadays|current|currently|latest|recent|recently|newest|upcoming"
    r"|so far|(?:this|next|last) (?:week|weekend|month|year|morning|evening|(?:mon|tues|wednes|thurs|fri|satur|sun)day)"
    r"|weather|news|prices?|stock|exchange rate|until|ago|how old|what (?:time|day|date)|the (?:time|date)$"
    r"|hôm nay|hôm qua|ngày mai|bây giờ|hiện nay|hiện tại|mới nhất)\b"
    r"|今天|明天|昨天|现在|最新|目前"
)


def wording(question: str) -> str:
    """The words that a question comes down to. Two questions with equal wording want the same answer."""
    text = unicodedata.normalize("NFC", question).translate(_QUOTES)
    said = " ".join(_plain_words(_TOKEN.findall(text)))
    before = ""
    while said != before:
        before = said
        for pattern, replacement in _FRAMES:
            said = pattern.sub(replacement, said)
        said = _without_end_marks(said)
    return said


def is_bound_to_its_day(wording: str) -> bool:
    """Whether the question is about the present, so that no answer holds for long."""
    return _PRESENT.search(wording.lower()) is not None


def _plain_words(tokens: list[str]) -> list[str]:
    """In lower case where that loses nothing, and with contractions written out."""
    is_shouted = not any(letter.islower() for token in tokens for letter in token)
    words = []
    for place, token in enumerate(tokens):
        before = tokens[place - 1] if place else ""
        if not is_shouted and _case_matters(token, before):
            words.append(token)
        else:
            word = token.lower()
            words.append(_SPELLINGS.get(word) or _CONTRACTED.sub(_written_out, word))
    return words


def _case_matters(token: str, before: str) -> bool:
    """`before` is the token before it, "" at the start, where a capital says nothing."""
    if before[-1:].isdigit() or any(letter.isdigit() for letter in token):
        return True  # units and versions: 5 mW and 5 MW, 50m and 50M
    if len(token) == 1:
        return token not in ("I", "A")  # C and c, R and r
    word = token.lower()
    is_name = _COMMON_WORDS.fullmatch(word) is not None
    if token.isupper():
        return is_name or _SHORT_WORDS.fullmatch(word) is not None
    return is_name and token != word and before not in ("", ".", "!", "?", ":")


def _written_out(found: re.Match[str]) -> str:
    if found["word"]:
        return f"{found['word']} is"
    if found["negated"]:
        return f"{found['negated']} not"
    return f"{found['subject']} {_VERBS[found['verb']]}"


def _without_end_marks(said: str) -> str:
    words = said.split(" ")
    while len(words) > 1 and words[-1] in _END_MARKS:
        # "5 !" and "n !" are factorials.
        if words[-1] == "!" and (len(words[-2]) == 1 or not words[-2].isalpha()):
            break
        words.pop()
    return " ".join(words)
