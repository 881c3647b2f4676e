"""Files that are broken, cut off, huge, or made to do harm: refused or repaired, with what is wrong and where."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZipFile

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st
from pytest_django import Settings

from accounts.models import User
from chat.imports import pieces
from chat.imports.pieces import pieces_of
from chat.imports.products import PRODUCTS, product_of
from chat.models import Conversation
from convoscope.errors import ValidationFailed
from tests.chat.imports.support import FILES, bring, imported

pytestmark = pytest.mark.security

GOOD = {"uuid": "a", "name": "Good", "chat_messages": [{"uuid": "q", "sender": "human", "text": "Hello"}]}
GOOD_JSON = json.dumps(GOOD).encode()


def zipped(entries: dict[str, bytes], how: int = ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with ZipFile(file, "w", how) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return file.getvalue()


def encrypted() -> bytes:
    """Its directory says so."""
    content = zipped({"a.json": GOOD_JSON})
    at = content.index(b"PK\x01\x02") + 8
    return content[:at] + b"\x01" + content[at + 1 :]


def damaged() -> bytes:
    content = zipped({"a.json": GOOD_JSON * 50})
    return content[:45] + bytes(20) + content[65:]


REFUSED = {
    "nothing but space": (b"  \n", "isn't JSON"),
    "no JSON": (b"Hello", "isn't JSON"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00", "isn't JSON"),
    "UTF-16": ("[{}]".encode("utf-16"), "isn't UTF-8"),
    "an empty list": (b"[]", "no conversation"),
    "a list of numbers": (b"[1, 2]", "what stands there is no conversation"),
    "something else": (b'[{"a": 1}]', "no conversation"),
    "cut off in the first": (b"[" + GOOD_JSON[:-9], "ends in the middle"),
    "nested without end": (b'[{"a":' + b"[" * 300_000, "nested too deep"),
    "nested within limits of bytes": (b'[{"a":' + b"[" * 300 + b"]" * 300 + b"}]", "nested too deep"),
    "a ZIP file without JSON": (zipped({"a.txt": b"a"}), "no JSON file"),
    "a ZIP file in a ZIP file": (zipped({"a.zip": zipped({"a.json": GOOD_JSON})}), "unpack it"),
    "a ZIP file as JSON": (zipped({"a.json": zipped({"a.json": GOOD_JSON})}), "isn't JSON"),
    "an unusual way of packing": (zipped({"a.json": GOOD_JSON}, ZIP_BZIP2), "unusual way"),
    "encrypted": (encrypted(), "encrypted"),
    "a ZIP file that is cut off": (zipped({"a.json": GOOD_JSON})[:-30], "damaged or cut off"),
    "a damaged ZIP file": (damaged(), "damaged"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_refused_leaves_nothing(alice: User, client_of: Callable[[User], Client], kind: str) -> None:
    content, words = REFUSED[kind]
    brought = bring(alice, content)
    assert brought.status == "failed"
    assert words in brought.error
    assert "Not imported" in client_of(alice).get("/imports/").text
    assert not Conversation.objects.exists()


def test_what_unpacks_to_too_much_isnt_opened(alice: User, settings: Settings) -> None:
    settings.IMPORT_MAX_BYTES = 1_000
    brought = bring(alice, zipped({"a.json": b"[" + b" " * 100_000 + b"]"}))
    assert "larger than any export" in brought.error


def test_limits_of_one_conversation(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "OBJECT_MAX_BYTES", 2_000)
    monkeypatch.setattr(pieces, "CHUNK_BYTES", 100)
    monkeypatch.setattr(pieces, "OBJECT_MAX_TOKENS", 200)
    for content, words in ((b'{"a":"' + b"x" * 9_000, "larger than"), (b'{"a":[' + b'"",' * 300, "too many parts")):
        with pytest.raises(ValidationFailed, match=words):
            list(pieces_of(io.BytesIO(content)))


KEPT: dict[str, tuple[bytes, str]] = {
    "cut off in the second": (b"[" + GOOD_JSON + b"," + GOOD_JSON[:-9], "After number 1: the file ends in the middle"),
    "a broken one before": (b'[{"a": nope},' + GOOD_JSON + b"]", "isn't valid JSON"),
    "one that isn't UTF-8": (b'[{"a": "\xff"},' + GOOD_JSON + b"]", "isn't UTF-8"),
    "a number of 10,000 digits": (b'[{"a":' + b"9" * 10_000 + b"}," + GOOD_JSON + b"]", "isn't valid JSON"),
    "one of no product": (b"[" + GOOD_JSON + b',{"a":1}]', "no conversation of a product"),
    "without messages": (b'[{"chat_messages":[]},' + GOOD_JSON + b"]", "no message"),
    "followed by something": (b"[" + GOOD_JSON + b"] x", "doesn't belong"),
    "a mark before": (b"\xef\xbb\xbf[" + GOOD_JSON + b',{"chat_messages":[null,1,"x"]}]', "no message"),
}


@pytest.mark.parametrize("kind", KEPT)
def test_what_is_whole_is_imported_and_the_rest_said(alice: User, kind: str) -> None:
    content, words = KEPT[kind]
    report = imported(alice, content).report
    assert (report["new"], report["refused"], len(report["lines"])) == (1, 1, 1)
    assert words in report["lines"][0]["what"]
    assert Conversation.objects.get().title == "Good"


def test_other_files_beside_it_are_passed_over(alice: User) -> None:
    entries = {"users.json": b'[{"uuid": 1}]', "../../x.json": b"[" + GOOD_JSON + b"]", "n.json": b"[1]"}
    report = imported(alice, zipped(entries), "export.zip").report
    assert (report["new"], report["refused"], report["lines"]) == (1, 0, [])


def test_twice_in_one_file_it_is_there_once(alice: User) -> None:
    report = imported(alice, b"[" + GOOD_JSON + b"," + GOOD_JSON + b"]").report
    assert (report["new"], report["known"], Conversation.objects.count()) == (1, 1, 1)


def test_without_an_id_it_is_known_by_what_it_says(alice: User) -> None:
    nameless = json.dumps([{**GOOD, "uuid": None}]).encode()
    imported(alice, nameless)
    assert imported(alice, nameless).report["known"] == 1


def test_the_report_has_an_end(alice: User) -> None:
    report = bring(alice, b"[" + GOOD_JSON + b',{"a":1}' * 250 + b"]").report
    assert (len(report["lines"]), report["lines_more"], report["refused"]) == (200, 50, 250)


def test_what_no_database_holds_is_mended(alice: User, client_of: Callable[[User], Client]) -> None:
    said = {"uuid": "q\0", "sender": "human", "text": "a\0b\ud800", "created_at": "9999-99-99"}
    hostile = {
        "uuid": "x\0",
        "name": "<script>\0\ud800",
        "created_at": 1e300,
        "updated_at": 4e9,
        "chat_messages": [said],
    }
    imported(alice, json.dumps([hostile]).encode())
    conversation = Conversation.objects.get()
    assert (conversation.title, conversation.messages.get().text) == ("<script>�", "ab�")
    page = client_of(alice).get(reverse("conversation_detail", args=[conversation.id])).text
    assert "<script>�" not in page


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", 0, -6e10])
def test_what_stands_for_no_time_is_none(alice: User, client_of: Callable[[User], Client], moment: object) -> None:
    said = {"uuid": "q", "sender": "human", "text": "Hello", "created_at": moment}
    timeless = {"uuid": "x", "name": "Of pools", "created_at": moment, "updated_at": moment, "chat_messages": [said]}
    imported(alice, json.dumps([timeless]).encode())
    client = client_of(alice)
    client.cookies["time_zone"] = "America/New_York"
    assert "Of pools" in client.get("/").text
    assert Conversation.objects.get().created_at.year > 1970


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
DOCUMENTS = [
    json.loads((FILES / f"{name}.json").read_bytes()) for name in ("chatgpt", "claude", "open-webui", "librechat")
]


def spoiled(value: Any, places: list[int], junk: Any) -> Any:
    """With junk in the place of the value that is reached."""
    if not places or not isinstance(value, dict | list) or not value:
        return junk
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    key = keys[places[0] % len(keys)]
    copy = value.copy()
    copy[key] = spoiled(value[key], places[1:], junk)
    return copy


@how(max_examples=150)
@given(
    document=st.sampled_from([one[0] if isinstance(one, list) else one for one in DOCUMENTS]),
    places=st.lists(st.integers(0, 20), min_size=1, max_size=7),
    junk=values,
)
def test_a_value_of_another_kind_stops_no_reader(document: dict[str, Any], places: list[int], junk: Any) -> None:
    changed = spoiled(document, places, junk)
    product = product_of(changed)
    messages: list[Any] = PRODUCTS[product].read(changed).messages if product is not None else []
    assert all(isinstance(one.id, str) and isinstance(one.role, str) for one in messages)
    assert all(isinstance(part, dict) and isinstance(part["type"], str) for one in messages for part in one.parts)


@how(max_examples=150)
@given(
    documents=st.lists(st.dictionaries(st.text(max_size=5), values, max_size=3), max_size=4), size=st.integers(1, 40)
)
def test_pieces_are_what_was_written(documents: list[dict[str, Any]], size: int) -> None:
    class Slow(io.BytesIO):
        def read(self, _size: int | None = -1) -> bytes:
            return super().read(size)

    content = json.dumps(documents, ensure_ascii=False).encode("utf-8", "replace")
    assert [one.value for one in pieces_of(Slow(content))] == json.loads(content) or "NaN" in content.decode()
