"""What was found is taken out, of a whole text and of one that streams in: the same of both."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chat.guards.contract import Finding
from chat.guards.pii import find_pii
from chat.guards.redaction import PII_CATEGORIES, StreamRedactor, redact, redact_json
from tests.chat.guards.pieces import PII_TEXTS, TEXTS, cuts, streamed

MOST_DELAYED_CHARS = 40
KEY = "aB3dE6gH9jK2mN5pQ8sT1vW4"
BODY = "MIIEpAIBAAKCAQEA1c7+9z5Pad7OejecsQ0buHKGNE6cZZ5zJt1fZ3V1mPlH\n" * 20


def redacted(chunks: list[str]) -> str:
    redactor = StreamRedactor()
    return streamed(redactor.feed, redactor.finish, chunks)


def whole(text: str) -> str:
    return redact(text, find_pii(text))


def test_a_finding_becomes_a_mark() -> None:
    text = "Write to jo@example.org or pay with 4111 1111 1111 1111."

    assert whole(text) == "Write to [REDACTED:EMAIL] or pay with [REDACTED:CARD]."


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        pytest.param({"a": "jo@example.org"}, {"a": "[REDACTED:EMAIL]"}, id="in-a-string"),
        pytest.param({"a": [4111111111111111, 1]}, {"a": ["[REDACTED:CARD]", 1]}, id="a-number"),
        pytest.param({"jo@example.org": 1}, {"[REDACTED:EMAIL]": 1}, id="a-name"),
        pytest.param(
            {"a": 'It is "jo@example.org"', "b": 4111111111111111},
            {"a": 'It is "[REDACTED:EMAIL]"', "b": "[REDACTED:CARD]"},
            id="beside-quotes",
        ),
        pytest.param(
            {"a": "C:\\", "b": "jo@example.org"}, {"a": "C:\\", "b": "[REDACTED:EMAIL]"}, id="behind-a-backslash"
        ),
    ],
)
def test_json_stays_json(said: dict[str, object], kept: dict[str, object]) -> None:
    text = json.dumps(said)
    assert json.loads(redact_json(text, find_pii(text))) == kept


def test_findings_that_overlap_are_one_which_is_what_the_surest_or_else_the_longest_says() -> None:
    findings = [
        Finding(0, 4, "phone", 0.6, "phone"),
        Finding(2, 9, "card", 0.9, "card"),
        Finding(6, 12, "ip", 0.8, "ipv4"),
        Finding(12, 14, "email", 0.9, "a"),
        Finding(12, 16, "keyword", 0.9, "b"),
    ]

    assert redact("0123456789abcdefgh", findings) == "[REDACTED:CARD][REDACTED:KEYWORD]gh"


@given(PII_TEXTS, st.data())
def test_cut_anywhere_it_is_the_same_as_whole(text: str, data: st.DataObject) -> None:
    assert redacted(data.draw(cuts(text))) == whole(text)


@given(PII_TEXTS)
@example("password:nB22wt手机")
@example("+55 11 3456-7890 305693090259045555-5555")
@example("021 2746 877@e")
@example("://user:" + "x" * 35)
@example("[a](198.51.100.23\n4012 8888 884012 8888 88 ")
def test_character_by_character_it_is_the_same_as_whole(text: str) -> None:
    assert redacted(list(text)) == whole(text)


@pytest.mark.parametrize("size", [1, 3, 7])
def test_every_labelled_text_is_the_same_as_whole(size: int) -> None:
    text = "\n".join(one.text for one in TEXTS)

    assert redacted([text[at : at + size] for at in range(0, len(text), size)]) == whole(text)


@given(PII_TEXTS.filter(lambda text: not find_pii(text)))
def test_what_is_nothing_is_delayed_by_no_more_than_a_window(text: str) -> None:
    redactor, shown = StreamRedactor(), 0
    for count, char in enumerate(text, 1):
        shown += len(redactor.feed(char))
        # What has been fed may become something yet: then it is not nothing.
        if not find_pii(text[:count]) and "-----BEGIN" not in text[:count] and "://" not in text[:count]:
            assert count - shown <= MOST_DELAYED_CHARS
    assert shown + len(redactor.finish()) == len(text)


def test_prose_is_shown_word_by_word() -> None:
    redactor = StreamRedactor()

    assert [redactor.feed(word) for word in ("The quick ", "brown fox ", "in 2024, ", "漢字。")] == [
        *("The quick ", "brown fox ", "in 2024, ", "漢字。"),
    ]


@pytest.mark.parametrize(
    ("secret", "category"),
    [
        (f"sk-proj-{KEY * 40}", "API_KEY"),
        (f"eyJhbGciOiJIUzI1NiJ9.{KEY * 40}.{KEY * 9}", "JWT"),
        (f"-----BEGIN RSA PRIVATE KEY-----\n{BODY}-----END RSA PRIVATE KEY-----", "PRIVATE_KEY"),
    ],
)
def test_a_long_secret_is_swallowed_while_it_goes_on(secret: str, category: str) -> None:
    redactor = StreamRedactor()
    shown = redactor.feed("It is ")
    for char in secret:
        shown += redactor.feed(char)

    assert shown == f"It is [REDACTED:{category}]"
    assert redactor.feed(" and more") + redactor.finish() == " and more"


def test_of_an_address_with_a_password_the_host_stays() -> None:
    text = f"https://user:{KEY * 9}@example.org/path"

    assert redacted(list(text)) == "https://[REDACTED:API_KEY]@example.org/path"


def test_only_the_categories_that_are_asked_for_are_taken_out() -> None:
    text = f"jo@example.org, sk-{KEY * 4} and 4111 1111 1111 1111"
    redactor = StreamRedactor(frozenset({"card"}))

    assert streamed(redactor.feed, redactor.finish, list(text)) == f"jo@example.org, sk-{KEY * 4} and [REDACTED:CARD]"


@given(PII_TEXTS, st.sets(st.sampled_from(sorted(PII_CATEGORIES))), st.data())
def test_so_they_are_cut_anywhere(text: str, categories: set[str], data: st.DataObject) -> None:
    redactor = StreamRedactor(frozenset(categories))  # type: ignore[arg-type]
    wanted = [one for one in find_pii(text) if one.category in categories]

    assert streamed(redactor.feed, redactor.finish, data.draw(cuts(text))) == redact(text, wanted)
