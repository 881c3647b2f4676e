"""Tool calls as vendors send them: cut, without arguments, without an index."""

from __future__ import annotations

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
