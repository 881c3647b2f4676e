"""Tool calls as vendors send them: cut, without arguments, without an index."""

from __future__ import annotations

import orjson
import pytest

from providers.contract import Finished, ToolCall, ToolCallDelta
from tests.support.vendors.calling import VENDORS, Vendor, ask, each_vendor
from tests.support.vendors.script import Answer, Status, WireCall

OPENAI = next(vendor for vendor in VENDORS if vendor.name == "openai")
PAID = WireCall("call_1", "pay", '{"amount":1}')


# Gemini sends a call whole or not at all.
@pytest.mark.parametrize("vendor", [one for one in VENDORS if one.name != "gemini"], ids=lambda vendor: vendor.name)
@pytest.mark.parametrize("begun", ["", "{", '{"amount": 1', '{"amount": 10, "to": "Al'])
async def test_a_call_that_the_length_limit_cut_is_not_carried_out(vendor: Vendor, begun: str) -> None:
    outcome = await ask(vendor, Answer(calls=(PAID, WireCall("call_2", "pay", begun)), finish="length"))
    assert outcome.calls == [ToolCall("call_1", "pay", '{"amount":1}')]
    assert outcome.events[-1] == Finished("length")


@each_vendor
async def test_whole_calls_survive_the_length_limit(vendor: Vendor) -> None:
    outcome = await ask(vendor, Answer(calls=(PAID, WireCall("call_2", "now", "{}")), finish="length"))
    assert [made.call_id for made in outcome.calls] == ["call_1", "call_2"]


async def test_what_a_model_wrote_wrongly_but_to_the_end_is_for_the_tool_to_refuse() -> None:
    outcome = await ask(OPENAI, Answer(calls=(WireCall("call_1", "pay", '{"amount":'),), finish="tool_call"))
    assert [made.arguments for made in outcome.calls] == ['{"amount":']


@pytest.mark.parametrize("vendor", [one for one in VENDORS if one.name != "gemini"], ids=lambda vendor: vendor.name)
async def test_a_call_without_arguments_has_an_empty_object(vendor: Vendor) -> None:
    outcome = await ask(vendor, Answer(calls=(WireCall("call_1", "now", ""),), finish="tool_call"))
    assert outcome.calls == [ToolCall("call_1", "now", "{}")]


def stream_of(*deltas: list[dict[str, object]]) -> Status:
    """A stream of OpenAI's protocol whose chunks hold these pieces of calls."""
    chunks = [{"choices": [{"index": 0, "delta": {"tool_calls": pieces}}]} for pieces in deltas]
    chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]})
    body = b"".join(b"data: " + orjson.dumps(chunk) + b"\n\n" for chunk in chunks)
    return Status(200, body, content_type="text/event-stream")


def piece(arguments: str, *, call_id: str = "", name: str = "") -> dict[str, object]:
    function = {"arguments": arguments} | ({"name": name} if name else {})
    return {"function": function} | ({"id": call_id} if call_id else {})


@pytest.mark.parametrize(
    "deltas",
    [
        [[piece('{"n":1}', call_id="a", name="f"), piece('{"n":2}', call_id="b", name="g")]],
        [[piece('{"n":1}', call_id="a", name="f")], [piece('{"n":2}', call_id="b", name="g")]],
        [
            [piece("", call_id="a", name="f")],
            [piece('{"n":')],
            [piece("1}")],
            [piece('{"n":', call_id="b", name="g")],
            [piece("2}", call_id="b")],
        ],
        [
            [piece('{"n":', call_id="a", name="f"), piece('{"n":', call_id="b", name="g")],
            [piece("1}", call_id="a"), piece("2}", call_id="b")],
        ],
    ],
    ids=["at once", "one by one", "in pieces", "in turn"],
)
async def test_calls_without_an_index_are_told_apart_by_their_ids(deltas: list[list[dict[str, object]]]) -> None:
    outcome = await ask(OPENAI, stream_of(*deltas))
    assert outcome.calls == [ToolCall("a", "f", '{"n":1}'), ToolCall("b", "g", '{"n":2}')]
    assert {event.index for event in outcome.events if isinstance(event, ToolCallDelta)} == {0, 1}


async def test_calls_without_index_and_id_are_told_apart_by_their_names() -> None:
    outcome = await ask(OPENAI, stream_of([piece('{"n":1}', name="f"), piece('{"n":2', name="f")], [piece("}")]))
    assert outcome.calls == [ToolCall("call_0", "f", '{"n":1}'), ToolCall("call_1", "f", '{"n":2}')]
