"""Names of tools: legal for every vendor, each once, and back again."""

from __future__ import annotations

import re
from dataclasses import replace

import orjson
from hypothesis import given
from hypothesis import strategies as st

from providers.adapters.naming import ToolNames, legally_named
from providers.contract import ChatMessage, ToolCall, ToolCallDelta, ToolCallPart, ToolDefinition, ToolResultPart
from tests.support.vendors.calling import REQUEST, Vendor, call, connected, each_vendor
from tests.support.vendors.script import Answer, WireCall

# Names that a cleaning makes alike: short ones of few letters, and long ones that differ at the end only.
NAMES = st.one_of(
    st.text(alphabet="ab_2.é ", max_size=4),
    st.text(max_size=80),
    st.text("x", min_size=60, max_size=70).map("x.".__add__),
)


@given(offered=st.lists(NAMES, unique=True, max_size=8), spoken_of=st.lists(NAMES, max_size=4))
def test_names_are_legal_unique_and_come_back(offered: list[str], spoken_of: list[str]) -> None:
    request = replace(
        REQUEST,
        tools=tuple(ToolDefinition(name, "", "{}") for name in offered),
        messages=(ChatMessage("assistant", tuple(ToolCallPart("1", name, "{}") for name in spoken_of)),),
    )
    names, sent = ToolNames(request), legally_named(request)
    on_wire = [tool.name for tool in sent.tools]
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) for name in on_wire)
    assert len(set(on_wire)) == len(offered)
    assert [names.ours(name) for name in on_wire] == offered
    assert all(name in on_wire for name in offered if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]{0,63}", name))
    called = [part.name for part in sent.messages[0].parts if isinstance(part, ToolCallPart)]
    assert [names.ours(name) for name in called] == spoken_of
    assert legally_named(sent) == sent


@each_vendor
async def test_a_call_comes_back_under_our_name(vendor: Vendor) -> None:
    request = replace(
        REQUEST,
        tools=tuple(ToolDefinition(name, "", '{"type":"object"}') for name in ("docs.search", "docs search")),
        messages=(
            *REQUEST.messages,
            ChatMessage("assistant", (ToolCallPart("call_0", "docs.search", "{}"),)),
            ChatMessage("tool", (ToolResultPart("call_0", "docs.search", "nothing"),)),
        ),
    )
    answer = Answer(calls=(WireCall("call_1", "docs_search_2", '{"q":"tea"}'),), finish="tool_call")
    async with connected(vendor, answer) as (adapter, server):
        outcome = await call(adapter, request)
        sent = orjson.dumps(server.requests[0].body).decode()
    assert outcome.calls == [ToolCall("call_1", "docs search", '{"q":"tea"}')]
    assert {event.name for event in outcome.events if isinstance(event, ToolCallDelta)} == {"docs search"}
    assert "docs_search" in sent
    assert "docs.search" not in sent
    assert "docs search" not in sent
