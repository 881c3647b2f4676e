"""What a query finds, on whichever database the suite runs: the same table holds for both."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from accounts.models import User
from chat.models import Conversation
from chat.search.query import parse_query
from chat.search.results import Filters, search_everywhere
from tests.chat.search.conftest import Found, Say

FOUND = [
    ("The pool is smaller than the queue", "pool"),
    ("The pool is smaller than the queue", "POOL queue"),
    ("The pool is smaller than the queue", "smal"),
    ("The pool is smaller than the queue", '"pool is smaller"'),
    ("The pool is smaller than the queue", '"pool is sma'.replace('"', "", 1)),
    ("The pool is smaller than the queue", "queue -database"),
    ("The pool is smaller than the queue", '"pool'),
    ("The pool is smaller than the queue", "“pool is”"),
    # Vietnamese and others, with and without their marks.
    ("Con đường dài về Huế", "duong dai"),
    ("Con đường dài về Huế", "ĐƯỜNG"),
    ("Con duong dai ve Hue", "đường Huế"),
    ("Con đường dài về Huế", "đ" + "u\u031bo\u031b\u0300ng"),
    ("CON ĐƯỜNG DÀI VỀ HUẾ", "con đường dài"),
    ("Un café déjà payé", "cafe deja"),
    ("Un cafe deja paye", "café"),
    ("Grüße aus der Straße", "grusse strasse"),
    ("Grüße aus der Straße", "GRÜSSE"),
    ("Smørrebrød i Łódź", "smorrebrod lodz"),
    ("Ἀθῆναι και Σπάρτη ΟΔΟΣ", "σπαρτη οδος"),
    ("Ёжик в тумане", "ежик"),
    ("МОСКВА и Киев", "москва"),
    # Words of code, numbers, addresses.
    ("Use convoscope.settings.env here", "settings"),
    ("Use convoscope.settings.env here", "convoscope.settings"),
    ("See https://example.org/a-b/c_d?x=1", "example.org"),
    ("See https://example.org/a-b/c_d?x=1", "c_d"),
    ("Write to ann@example.org", "ann@example.org"),
    ("It took 1e5 steps, 0x1f and 2nd, v1.2.3", "1e5 0x1f 2nd"),
    ("It took 1e5 steps, 0x1f and 2nd, v1.2.3", "v1.2"),
    ("gpt-4o-mini is 3.5x cheaper", "gpt-4o-mini"),
    ("<b>bold</b> &amp; plain", "bold amp"),
    ("C++ and C#", "c"),
    ("an x and a y", "x y"),
    # Written without spaces: any part is found.
    ("我们需要一个更大的数据库连接池", "数据库"),
    ("我们需要一个更大的数据库连接池", "连接池 数据"),
    ("データベースの接続", "ベース"),
    ("데이터베이스를 늘린다", "베이스"),
    ("ฐานข้อมูลขนาดใหญ่", "ข้อมูล"),
    ("用GPT模型回答", "gpt模型"),
    ("Ｆｕｌｌ　ｗｉｄｔｈ ﬁne", "full width fine"),
    ("नमस्ते दुनिया", "दुनिया"),
    ("नमस्ते दुनिया।", "दुनिया"),
    ("مرحبا بالعالم", "بالعالم"),
    ("مَرْحَبًا بِالعَالَم", "مرحبا"),
    ("שָׁלוֹם", "שלום"),
]
NOT_FOUND = [
    ("The pool is smaller than the queue", ""),
    ("The pool is smaller than the queue", "   "),
    ("The pool is smaller than the queue", "po"[:1]),
    ("The pool is smaller than the queue", "pool database"),
    ("The pool is smaller than the queue", '"smaller pool"'),
    ("The pool is smaller than the queue", '"poo"'),
    ("The pool is smaller than the queue", "smal "),
    ("The pool is smaller than the queue", "smal queue"),
    ("The pool is smaller than the queue", "pool -queue"),
    ("The pool is smaller than the queue", 'pool -"than the"'),
    ("The pool is smaller than the queue", "-database"),
    ("我们需要一个更大的数据库连接池", "库数据"),
    ("我们需要一个更大的数据库连接池", "数据 -连接"),
]
ODD = (
    *("'", '"', '""', "-", '-"', "*", "a*", "(", ")", "a AND", "NOT", "OR", "NEAR(a b)", "words:a", "{words}:a", "^a"),
    *("a:*", "a & b", "!a", "<->", "\\", "'; DROP TABLE chat_message; --", "%", "%s", "_", "§o", "§o0", "\x00", "🙂"),
    *("a\x00b", "\ud800", "\u0301", "x" * 5000, "a " * 500, '"' * 300, "﷽", "İstanbul"),
)


@pytest.mark.parametrize(("text", "typed"), FOUND)
def test_is_found(say: Say, found: Found, text: str, typed: str) -> None:
    say("Something else: 别的, khác")
    say(text)
    assert found(typed) == [text]


@pytest.mark.parametrize(("text", "typed"), NOT_FOUND)
def test_is_not_found(say: Say, found: Found, text: str, typed: str) -> None:
    say(text)
    assert found(typed) == []


def test_nothing_typed_is_an_error(say: Say, found: Found) -> None:
    say("The pool is smaller than the queue")
    for typed in ODD:
        assert found(typed) == [], typed


def test_topics_are_found_with_the_title_and_by_themselves(say: Say, found: Found, alice: User) -> None:
    conversation = say("Good morning", title="The pool").conversation
    for topics, hits in (("", 0), ("Đường dài\nqueues", 1), ("queues", 0)):
        Conversation.objects.filter(id=conversation.id).update(topics=topics)
        assert len(found("duong dai")) == hits
    assert found("queue") == ["<The pool>"]
    assert found("pool queue", titles_only=True) == ["<The pool>"]
    [hit] = search_everywhere(alice, parse_query("queues"), filters=Filters(), zone=ZoneInfo("UTC")).titles
    assert [(piece.text, piece.is_hit) for piece in hit.topics] == [("queues", True)]
    [hit] = search_everywhere(alice, parse_query("pool"), filters=Filters(), zone=ZoneInfo("UTC")).titles
    assert hit.topics == []
