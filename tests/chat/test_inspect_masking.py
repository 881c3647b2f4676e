"""Keys in what Inspect shows: none comes through, and what is no key stays as it is."""

from __future__ import annotations

import string

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.inspect.masking import MASK, mask_keys, masked_json

pytestmark = pytest.mark.security

WORD = string.ascii_letters + string.digits
TAIL = st.text(alphabet=WORD, min_size=40, max_size=80)
KEYS = st.builds(
    str.__add__,
    st.sampled_from(["sk-", "sk-ant-api03-", "sk-or-v1-", "sk-proj-", "gsk_", "xai-", "hf_", "AIza", "ghp_", "glpat-"]),
    TAIL,
)
# Text that holds no key of its own and can't grow into one with its neighbour.
AROUND = st.text(alphabet=" .,:;!?()\n\t\"'áéíọự漢字🙂{}[]", max_size=30)


@given(AROUND, KEYS, AROUND)
def test_no_key_comes_through(before: str, key: str, after: str) -> None:
    assert mask_keys(before + key + after) == before + MASK + after


@given(AROUND, TAIL, AROUND, st.sampled_from(["Bearer ", "bearer  ", "Basic "]))
def test_no_token_of_a_header_comes_through(before: str, token: str, after: str, scheme: str) -> None:
    masked = mask_keys(f"{before} {scheme}{token}{after}")
    assert token not in masked
    assert MASK in masked


@given(st.text(max_size=50), st.text(alphabet=WORD, min_size=8, max_size=60), st.text(max_size=50))
def test_a_known_key_never_comes_through_whatever_it_looks_like(before: str, key: str, after: str) -> None:
    assert key not in mask_keys(before + key + after, known=[key]).replace(MASK, "")


@given(st.text(max_size=200) | st.builds("{} {} {}".format, AROUND, KEYS, AROUND))
def test_masking_twice_is_masking_once(text: str) -> None:
    masked = mask_keys(text)
    assert mask_keys(masked) == masked


@given(st.text(alphabet=" abcdefghij.,-_/'\"áọ漢\n", max_size=300))
def test_what_is_no_key_stays(text: str) -> None:
    assert mask_keys(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "The bearer of bad news",
        "Basic instructions are enough",
        "risk-averse-and-very-long-word-with-hyphens",
        "https://example.org/a@b?page=2",
        "write to me@example.org",
        "data:image/png;base64," + "iVBORw0KGgo" * 200,
        "api_key: ",
    ],
)
def test_words_that_only_look_like_keys_stay(text: str) -> None:
    assert mask_keys(text) == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Authorization: Bearer abc12345", "Authorization: Bearer [key]"),
        ("?api_key=abcdefgh&x=1", "?api_key=[key]&x=1"),
        ("x-api-key: 'abcdefgh'", "x-api-key: '[key]'"),
        ("https://me:secret@host/v1", "https://[key]@host/v1"),
        ("AKIAIOSFODNN7EXAMPLE", "[key]"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0abc.SflKxwRJSMeKKF2QT4", "[key]"),
    ],
)
def test_other_secrets(text: str, masked: str) -> None:
    assert mask_keys(text) == masked


LEAVES = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(alphabet='abc áọ漢\n"\\', max_size=20)
DOCUMENTS = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abcdef"), inner, max_size=4)
)


@given(DOCUMENTS)
def test_a_document_without_keys_is_the_same_document(document: object) -> None:
    assert orjson.loads(masked_json(orjson.dumps(document))) == document


@given(DOCUMENTS, KEYS)
def test_a_key_anywhere_in_a_document_is_masked(document: object, key: str) -> None:
    body = orjson.dumps([{"content": document, "text": f"line\n{key}\nline"}, {key: 1}])
    masked = masked_json(body)
    assert key not in masked
    assert orjson.loads(masked) == [{"content": document, "text": f"line\n{MASK}\nline"}, {MASK: 1}]


def test_what_stands_under_the_name_of_a_secret_is_masked_but_not_a_schema_of_that_name() -> None:
    schema = {"password": {"type": "string"}, "api_key": "hunter2", "Authorization": "x", "cookie": "", "max_tokens": 5}
    assert orjson.loads(masked_json(orjson.dumps(schema))) == schema | {"api_key": MASK, "Authorization": MASK}


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 900 + b"]" * 900, b"\xff"])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="not JSON"):
        masked_json(body)
