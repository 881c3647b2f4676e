"""What goes out masked comes back as it was."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.guards.pii import find_pii
from chat.guards.placeholders import Placeholders, StreamRestorer
from tests.chat.guards.pieces import PII_TEXTS, cuts, streamed

WRITTEN = st.sampled_from(
    [
        *(
            "[EMAIL_1]",
            "[email_1]",
            r"\[EMAIL\_1\]",
            r"\[EMAIL_1]",
            "[EMAIL_2]",
            "[NATIONAL_ID_1]",
            r"[National\_ID\_1]",
        ),
        *("[TEXT_1]", "[", "\\", "]", "[EMAIL", "_1]", "[EMAIL_01]", "[EMAIL_1234567]", "**", "(", ")", "[FOO_1]"),
        *("[CARD_1]", "[API_KEY_1]", r"\[API\_KEY\_1\]", "[[EMAIL_1]]", "[EMAIL_1](mailto:[EMAIL_1])"),
    ]
)
LOOKALIKES = st.lists(WRITTEN | PII_TEXTS | st.text(max_size=5), max_size=8).map("".join)


def masked(placeholders: Placeholders, text: str) -> str:
    return placeholders.mask(text, find_pii(text))


def test_the_same_value_has_the_same_placeholder_in_all_of_a_conversation() -> None:
    placeholders = Placeholders()

    assert masked(placeholders, "jo@example.org and al@example.org") == "[EMAIL_1] and [EMAIL_2]"
    assert masked(placeholders, "al@example.org, 4111 1111 1111 1111") == "[EMAIL_2], [CARD_1]"


def test_what_looks_like_a_placeholder_is_no_other_value() -> None:
    placeholders = Placeholders()
    text = "jo@example.org is not [EMAIL_1]"

    assert masked(placeholders, text) == "[EMAIL_1] is not [TEXT_1]"
    assert placeholders.restore("[EMAIL_1] is not [TEXT_1]") == text


@pytest.mark.parametrize(
    "written", ["[EMAIL_1]", "[email_1]", "[Email_1]", r"[EMAIL\_1]", r"\[EMAIL\_1\]", r"\[EMAIL_1\]"]
)
def test_it_is_restored_however_a_model_writes_it(written: str) -> None:
    placeholders = Placeholders({"EMAIL_1": "jo@example.org"})

    assert placeholders.restore(f"**{written}**") == "**jo@example.org**"


@pytest.mark.parametrize("written", ["[EMAIL_2]", "[EMAIL_01]", "EMAIL_1", "[EMAIL]", "[EMAIL_1", "[FOO_1]"])
def test_what_was_never_given_stays(written: str) -> None:
    assert Placeholders({"EMAIL_1": "jo@example.org"}).restore(written) == written


@given(st.lists(LOOKALIKES, max_size=3))
def test_what_is_masked_is_restored_exactly(texts: list[str]) -> None:
    placeholders = Placeholders()
    gone_out = [masked(placeholders, text) for text in texts]

    assert [placeholders.restore(text) for text in gone_out] == texts
    for text, out in zip(texts, gone_out, strict=True):
        assert masked(placeholders, text) == out


@given(LOOKALIKES, LOOKALIKES, st.data())
def test_so_it_is_cut_anywhere(text: str, answer: str, data: st.DataObject) -> None:
    placeholders = Placeholders()
    answer = masked(placeholders, text) + answer
    restorer = StreamRestorer(placeholders)

    assert streamed(restorer.feed, restorer.finish, data.draw(cuts(answer))) == placeholders.restore(answer)


@given(st.lists(LOOKALIKES, max_size=3))
def test_the_mapping_goes_through_json(texts: list[str]) -> None:
    placeholders = Placeholders()
    gone_out = [masked(placeholders, text) for text in texts]
    again = Placeholders(json.loads(json.dumps(placeholders.as_json())))

    assert [again.restore(text) for text in gone_out] == texts
    assert [masked(again, text) for text in texts] == gone_out


def test_what_is_no_placeholder_is_not_held_back() -> None:
    restorer = StreamRestorer(Placeholders())

    assert [restorer.feed(text) for text in ("a [", "link](", "https://example.org) [1] ", "[EM", "PTY] x")] == [
        *("a ", "[link](", "https://example.org) [1] ", "", "[EMPTY] x"),
    ]
