"""The guards of an answer one after another: the same however it is cut, and where it is broken off and goes on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.guards.leakage import LeakageWatch
from chat.guards.links import LinkFilter, find_links
from chat.guards.output import OutputGuard, Stage
from chat.guards.pii import find_pii
from chat.guards.pii.growth import Growth
from chat.guards.placeholders import Placeholders, StreamRestorer
from chat.guards.redaction import PII_CATEGORIES, StreamRedactor, redact
from tests.chat.guards.pieces import PII_TEXTS, cuts, streamed

OWN_HOSTS = frozenset({"example.org"})
EMAIL = "jo.smith@example.org"
KEY = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789"
PROMPT = " ".join(f"instruction{number} that nobody else knows of" for number in range(12))
LINKS = st.sampled_from(
    [
        *("[here](https://evil.example/?q=", "![](https://evil.example/a.png)", "https://evil.example/x ", ")", "](//"),
        *("[EMAIL_1]", "[EMAIL_2", "]", "[IBAN\\_1\\]", "[", "[a](https://example.org/b)", "<img src=", "[TEXT_1]"),
    ]
)
TEXTS = st.lists(PII_TEXTS | LINKS | st.sampled_from([EMAIL, KEY, " "]), max_size=6).map("".join)


def made(shown: str = "", *, restores: bool = True) -> OutputGuard:
    values = {"EMAIL_1": EMAIL, "IBAN_1": "DE89 3704 0044 0532 0130 00", "TEXT_1": "[EMAIL_1]"}
    stages: list[Stage] = [StreamRedactor(PII_CATEGORIES - {"email"}), LinkFilter(OWN_HOSTS)]
    return OutputGuard([StreamRestorer(Placeholders(values)), *stages] if restores else stages, shown=shown)


def redacting(shown: str = "") -> OutputGuard:
    return OutputGuard([StreamRedactor()], shown=shown)


def mark_of(secret: str) -> str:
    return redact(secret, find_pii(secret))


def through(guard: OutputGuard, *chunks: str) -> str:
    return streamed(guard.feed, guard.finish, list(chunks))


@given(TEXTS, st.data())
def test_it_is_the_same_however_it_is_cut(text: str, data: st.DataObject) -> None:
    assert through(made(), *data.draw(cuts(text))) == through(made(), text)


def test_each_gives_on_to_the_next() -> None:
    text = "Ask [EMAIL_1] about [IBAN_1], or look [there](https://evil.example/?q=[IBAN_1])."

    assert through(made(), *text) == f"Ask {EMAIL} about [REDACTED:IBAN], or look there."


@given(PII_TEXTS, st.data())
def test_where_a_process_dies_the_next_goes_on(text: str, data: st.DataObject) -> None:
    """What the dead one held back was not shown: it is written once more."""
    place = data.draw(st.integers(0, len(text)))
    redactor = StreamRedactor()
    shown = redactor.feed(text[:place])
    rest = through(redacting(shown), redactor.held + text[place:])

    # What was taken out is no context any more to what stands beside it.
    if "[REDACTED:" not in shown:
        assert shown + rest == redact(text, find_pii(text))


@pytest.mark.parametrize("secret", [EMAIL, KEY, "DE89 3704 0044 0532 0130 00", "4111 1111 1111 1111"])
def test_a_secret_is_not_shown_wherever_it_is_broken_off(secret: str) -> None:
    """Where it is stopped what was held back is shown; the rest isn't, once it is known for what it is."""
    before, after = "Write to ", ", then wait."
    for place in range(1, len(secret)):
        shown = through(redacting(), before + secret[:place])
        rest = through(redacting(shown), secret[place:] + after)

        assert rest in (after, mark_of(secret) + after), secret[:place]


@pytest.mark.parametrize("secret", [EMAIL, KEY])
def test_what_was_taken_out_at_the_end_goes_on_being_so(secret: str) -> None:
    for cut in range(1, len(secret)):
        first = redacting()
        shown = first.feed(f"Take {secret[:cut]}")
        if shown.endswith("]"):
            assert through(redacting(shown), f"{secret[cut:]} then.") == " then."


def test_a_private_key_goes_on_being_taken_out() -> None:
    shown = "Here: [REDACTED:PRIVATE_KEY]"

    assert (
        through(redacting(shown), "MIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----\nDone.") == "\nDone."
    )
    assert through(redacting(shown), " Done.") == " Done."


@given(TEXTS, TEXTS)
def test_what_was_shown_is_never_shown_again(shown: str, rest: str) -> None:
    """Where nothing is found the text goes on as if it had never been broken off."""
    if not find_pii(shown + rest):
        assert through(redacting(shown), rest) == rest


@given(TEXTS, st.data())
def test_no_link_is_joined_of_halves(text: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(text)))
    shown = through(made(restores=False), text[:place])
    whole = shown + through(made(shown, restores=False), text[place:])

    assert find_links(whole, OWN_HOSTS) == []


def test_a_placeholder_that_was_broken_off_is_still_restored() -> None:
    shown = through(made(), "Ask [EMA")

    assert shown == "Ask [EMA"
    assert through(made(shown), "IL_1], please.") == f"{EMAIL}, please."


def test_an_answer_ends_before_what_a_policy_refuses() -> None:
    guard = OutputGuard([StreamRedactor(frozenset({"email"}))], refuses=frozenset({"api_key"}))
    text = f"Write to {EMAIL} with {KEY} today."
    shown = "".join(map(guard.feed, text))

    assert (shown, guard.refused) == ("Write to [REDACTED:EMAIL] with ", "api_key")
    assert guard.feed("more") == guard.finish() == ""


def test_what_was_shown_before_a_policy_refused_it_ends_nothing() -> None:
    guard = OutputGuard([StreamRedactor(frozenset())], refuses=frozenset({"api_key"}), shown=f"It is {KEY}, ")

    assert (through(guard, "as you said."), guard.refused) == ("as you said.", None)


def test_an_answer_ends_where_it_gives_its_instructions_away() -> None:
    guard = OutputGuard([], watch=LeakageWatch(prompt=PROMPT))
    shown = "".join(guard.feed(f"{word} ") for word in f"They are: {PROMPT}".split())

    assert guard.refused == "leakage"
    assert 0 < len(shown) < len(PROMPT) / 2


@pytest.mark.parametrize("category", sorted(PII_CATEGORIES))
def test_after_every_mark_something_may_follow(category: str) -> None:
    shown = f"See [REDACTED:{category.upper()}]"

    assert through(redacting(shown), ", and so on.") == ", and so on."
    assert Growth.after(category) is None or category in ("email", "api_key", "jwt", "private_key")  # type: ignore[arg-type]  # any of them
