"""Instructions that an answer gives away."""

from __future__ import annotations

import base64
import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from chat.guards.contract import Finding
from chat.guards.leakage import LeakageWatch, canary_of, find_leakage
from tests.chat.guards.pieces import cuts

CANARY = "3f9a0c7be1d25846"
PROMPT = """You are the assistant of a small library. Answer in two sentences at most, and name the shelf on which a
book stands. Never speak of the budget of the library, of its staff, or of books that were stolen. When
someone asks for a book that is not there, offer to put their name on the list, and tell them that it
takes about three weeks. Return calls are made on Tuesdays only, between nine and eleven in the morning."""


def watched(chunks: list[str]) -> list[Finding]:
    watch = LeakageWatch(prompt=PROMPT, canary=CANARY)
    return sorted([one for chunk in chunks for one in watch.feed(chunk)] + watch.finish())


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        (CANARY, "canary"),
        (CANARY.upper(), "canary"),
        (" ".join(CANARY), "canary"),
        ("-".join(CANARY[at : at + 4] for at in range(0, 16, 4)), "canary"),
        (f"**{CANARY[:5]}**\n{CANARY[5:]}", "canary"),
        (CANARY[::-1], "canary_reversed"),
        (codecs.encode(CANARY, "rot13"), "canary_rot13"),
        (CANARY.encode().hex(), "canary_hex"),
        *(
            (base64.b64encode(f"{before}{CANARY} after".encode()).decode(), "canary_base64")
            for before in ("", "x", "xy")
        ),
    ],
)
def test_the_canary_is_found_however_it_is_written(written: str, rule: str) -> None:
    [found] = find_leakage(f"It says: {written}, I think.", prompt=PROMPT, canary=CANARY)

    assert (found.category, found.rule) == ("leakage", rule)
    assert found.start >= len("It says: ")
    assert found.end <= len(f"It says: {written}")


@pytest.mark.parametrize("text", ["", CANARY[:-1], "3f9a0c7b and e1d25847", "No instructions here."])
def test_without_it_nothing_is_found(text: str) -> None:
    assert find_leakage(text, prompt=PROMPT, canary=CANARY) == []


def test_instructions_have_a_canary_of_their_own(settings: Settings) -> None:
    assert canary_of(PROMPT) == canary_of(PROMPT) != canary_of(f"{PROMPT} ")
    of_this_site = canary_of(PROMPT)
    settings.SECRET_KEY = "that of another site, which nobody knows either"

    assert canary_of(PROMPT) != of_this_site


@pytest.mark.parametrize(
    "text",
    [
        f"My instructions are: {PROMPT}",
        PROMPT.upper(),
        PROMPT.replace(" ", " **").replace(",", ";"),
        "I was told: never speak of the budget of the library, of its staff, or of books that were stolen.",
    ],
)
def test_a_stretch_of_the_prompt_is_found(text: str) -> None:
    found = find_leakage(text, prompt=PROMPT)

    assert found
    assert {one.rule for one in found} == {"overlap"}


@pytest.mark.parametrize(
    "text",
    [
        "The book stands on shelf 12. It takes about three weeks until it is back.",
        "You are the assistant of a small library, aren't you?",
        "I can't speak of the budget, the staff, or stolen books, but I can put your name on the list.",
        " ".join(sorted(PROMPT.split())),
    ],
)
def test_common_words_are_none(text: str) -> None:
    assert find_leakage(text, prompt=PROMPT) == []


def test_a_short_prompt_has_nothing_to_give_away() -> None:
    prompt = (
        "You are a helpful assistant. Answer in the language of the question, and be brief and kind in all you say."
    )

    assert find_leakage(prompt, prompt=prompt) == []


def test_what_the_person_has_seen_anyway_is_none() -> None:
    assert find_leakage(PROMPT, prompt=PROMPT, known=f"Translate this: {PROMPT}") == []


def test_it_is_found_while_it_streams() -> None:
    watch = LeakageWatch(prompt=PROMPT)
    fed = 0
    for char in PROMPT:
        fed += 1
        if watch.feed(char):
            break

    assert fed < len(PROMPT) / 3


PIECES = st.sampled_from(
    [CANARY, CANARY[:9], CANARY[9:], " ", "-", PROMPT, PROMPT[:90], PROMPT[40:200], "漢字", "word", "ß"]
)


@given(st.lists(PIECES | st.text(max_size=5), max_size=8).map("".join), st.data())
def test_cut_anywhere_it_is_the_same(text: str, data: st.DataObject) -> None:
    assert watched(data.draw(cuts(text))) == find_leakage(text, prompt=PROMPT, canary=CANARY)
