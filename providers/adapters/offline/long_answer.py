"""A long, structured answer on demand, for trying out streaming, recovery and rendering. True of Convoscope itself."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

from providers.adapters.offline.extract import key_terms, shortened
from providers.adapters.offline.phrases import Phrases

DEFAULT_WORDS = 600
MIN_WORDS = 50
# About 16,000 characters, the 4,000 tokens the model may write at most.
MAX_WORDS = 2_400

_ASKED = re.compile(
    r"\b(?:write|generate|produce|give me|make|create|compose)\b.{0,40}?\b(?P<count>\d{2,6})[ -]?words?\b"
    r"(?:.{0,40}?\b(?:about|on|of|regarding)\s+(?P<topic>.+))?|"
    r"\b(?:long|longer|very long|detailed) (?:sample |test |demo )?(?:answer|text|reply|essay|article)\b"
    r"(?:.{0,40}?\b(?:about|on|of|regarding)\s+(?P<long_topic>.+))?|"
    r"\bwrite (?:an? |me an? )?(?:\w+ )?(?:essay|article|story|blog post)\b"
    r"(?:.{0,40}?\b(?:about|on)\s+(?P<essay_topic>.+))?|"
    r"viết.{0,30}?(?P<vi_count>\d{2,6}) (?:từ|chữ)(?:.{0,30}?\bvề\s+(?P<vi_topic>.+))?|"
    r"(?:câu trả lời|bài|văn bản) (?:thật |rất )?dài(?:.{0,30}?\bvề\s+(?P<vi_long_topic>.+))?",
    re.I,
)


@dataclass(frozen=True, slots=True)
class LongRequest:
    words: int
    topic: str


@dataclass(frozen=True, slots=True)
class Section:
    heading: str
    blocks: tuple[str, ...]


def find_long_request(task: str) -> LongRequest | None:
    match = _ASKED.search(task)
    if match is None:
        return None
    groups = match.groupdict()
    count = int(groups["count"] or groups["vi_count"] or DEFAULT_WORDS)
    topic = next((text for name, text in groups.items() if name.endswith("topic") and text), "")
    words = max(MIN_WORDS, min(MAX_WORDS, count))
    return LongRequest(words, shortened(re.sub(r"[*_#|\[\]<>]", "", topic).strip(" .!?"), limit_chars=60))


def write_long_answer(wanted: LongRequest, phrases: Phrases) -> str:
    """Blocks are added until the words asked for are reached; further rounds are numbered and vary the plan."""
    topic = wanted.topic or "how this answer reaches you"
    blocks = [f"# {topic[:1].upper()}{topic[1:]}", phrases.cannot if wanted.topic else "", _opening(wanted)]
    words = sum(_count_words(block) for block in blocks)
    for round_number in itertools.count(1):
        for section in _SECTIONS:
            suffix = f" (part {round_number})" if round_number > 1 else ""
            for block in (f"## {section.heading}{suffix}", *section.blocks):
                # What ends in a colon leads to the next.
                if words >= wanted.words and not block.startswith("#") and not blocks[-1].endswith(":"):
                    return _joined(blocks)
                blocks.append(block)
                words += _count_words(block)
    raise AssertionError("the loop ends by its return")


def _joined(blocks: list[str]) -> str:
    while blocks[-1].startswith("#"):
        blocks.pop()
    return "\n\n".join(block for block in blocks if block)


def _opening(wanted: LongRequest) -> str:
    terms = ", ".join(f"**{term}**" for term, _ in key_terms(wanted.topic, count=4))
    about = f" Your words were {terms}; I can repeat them, but I know nothing else about them." if terms else ""
    return (
        f"This is a sample text of about {wanted.words} words.{about} It describes how Convoscope carries an answer "
        "from a model to your screen, so that you can watch streaming, recovery and branches at work."
    )


def _count_words(block: str) -> int:
    return len(re.findall(r"\w+", block))


_SECTIONS: tuple[Section, ...] = (
    Section(
        "The way of a question",
        (
            "When you send a message, two things are written at once: your message, and an empty answer that waits "
            "for its text. Only then does the page change. If the browser sends the same message twice, because a "
            "network hiccup made it try again, the second one is recognised and nothing is doubled.",
            "1. The page sends your text as an ordinary form.\n"
            "2. The server saves your message, the waiting answer and a run.\n"
            "3. The run is claimed by one process, which asks the model.\n"
            "4. The answer comes back in small pieces over a WebSocket.\n"
            "5. The finished text is stored, and a title is made for the conversation.",
            "None of the slow work stands before the first word. Titles and summaries are made after the answer.",
        ),
    ),
    Section(
        "Streaming",
        (
            "A model writes its answer token by token. A token is a piece of text, often a short word or a part of a "
            "longer one. Each piece is turned into safe HTML on the server and pushed to the page, so the browser has "
            "no Markdown to understand and nothing to clean.",
            "- The first piece is sent at once, because the first token is what counts.\n"
            "- A slow stream keeps its rhythm: a piece for each token.\n"
            "- A fast stream is joined to frames a few milliseconds apart, so the page stays smooth.\n"
            "- A paragraph that is complete is rendered once and never again.",
            "This model pretends to be of middling speed: about fifty tokens a second, on a fixed schedule. If one "
            "token is late, the next ones make up for it.",
        ),
    ),
    Section(
        "What is kept when something breaks",
        (
            "Nothing typed or generated should ever be lost. While an answer is written, its text is saved about once "
            "a second. If the server is stopped in the middle, another process finds the unfinished run, takes it over "
            "and continues after the last word that was saved.",
            "| What happens | What you see |\n"
            "| --- | --- |\n"
            "| You reload the page | The answer so far, and it goes on |\n"
            "| You close the laptop | The answer is complete when you are back |\n"
            "| The server restarts | The same text continues, without a gap |\n"
            "| A provider fails half-way | Another one continues, and the seam is marked |\n"
            "| You press Stop | The text so far is kept |",
            "Words that you have already read are never silently replaced. A continuation is compared with the end of "
            "the shown text, and what it repeats is cut away.",
        ),
    ),
    Section(
        "A small piece of code",
        (
            "The idea of a continuation fits in a few lines. Given the text that was shown and the text that follows, "
            "the longest overlap is dropped:",
            "```python\n"
            "def join(shown: str, following: str) -> str:\n"
            "    for length in range(min(len(shown), len(following)), 0, -1):\n"
            "        if shown.endswith(following[:length]):\n"
            "            return shown + following[length:]\n"
            "    return shown + following\n"
            "```",
            "The real one is more careful: a single letter that happens to repeat is not an overlap, and text has to "
            "be decided on while it is still arriving.",
        ),
    ),
    Section(
        "Branches",
        (
            "A conversation is a tree, not a list. If you edit a question, the old question stays, and the new one "
            "becomes its neighbour. If you ask for another answer, both answers are kept, and small arrows lead from "
            "one to the other.",
            "- **Edit** makes a new question beside the old one.\n"
            "- **Regenerate** makes a new answer beside the old one.\n"
            "- **Continue** adds to an answer that was cut by its length.\n"
            "- The path you chose is what a reload, another device and the search show.",
            "If you write in two tabs at once, the second message becomes a branch. Nothing is refused and nothing is "
            "overwritten.",
        ),
    ),
    Section(
        "Looking inside an answer",
        (
            "The name is a promise: a scope on the conversation. Every answer can be opened to see what was sent to "
            "the model, which provider answered, how long each stage took and what it cost.",
            "> A retry, a change of provider or a shortened history is shown, not hidden.",
            "An attempt is one call to one provider. If the first attempt fails, the next is a further attempt of the "
            "same run, and each has its own line: where it went, why, how it ended and how many tokens were counted.",
        ),
    ),
    Section(
        "Running it yourself",
        (
            "Convoscope is a single Django application. On a laptop it needs no database server, no queue and no key: "
            "SQLite, memory and this offline model are enough. With PostgreSQL and Redis the same code runs in several "
            "processes.",
            "```bash\nmake run     # starts the app on http://localhost:8000\nmake test    # runs the whole suite\n```",
            "With a provider key, the same conversations go on with a real language model. Nothing has to be moved or "
            "converted, since the messages are ordinary rows in your own database.",
        ),
    ),
    Section(
        "What to try with this text",
        (
            "A long answer is a good test. Start it, then try one of these while it is still being written:",
            "1. Reload the page, and compare the text before and after.\n"
            "2. Open the same conversation in a second window.\n"
            "3. Press Stop, and then continue.\n"
            "4. Take the network away for half a minute.\n"
            "5. Stop the server, start it again, and count the paragraphs.",
            "In each case the text you end up with should be the text you would have had without the disturbance: no "
            "sentence twice, and none missing.",
        ),
    ),
)
