"""The server on loopback speaks as the vendors do: their own SDKs read it, streamed and whole."""

from __future__ import annotations

import aiohttp
import anthropic
import httpx2
import openai
import pytest
from google import genai

from tests.support.vendors.script import Answer, Cut, WireCall, WireUsage
from tests.support.vendors.server import VendorServer

ANSWER = Answer(
    tokens=("Xin ", "chào"),
    reasoning=("Think.",),
    calls=(WireCall("call_1", "weather", '{"city":"Huế"}'),),
    finish="tool_call",
    usage=WireUsage(30, 20, 7, 5),
)


async def test_openai() -> None:
    async with VendorServer() as server:
        server.will(ANSWER, ANSWER)
        async with openai.AsyncOpenAI(api_key="k", base_url=server.url + "/v1", max_retries=0) as client:
            whole = await client.chat.completions.create(model="m", messages=[])
            async with client.chat.completions.stream(model="m", messages=[]) as stream:
                streamed = await stream.get_final_completion()
    for completion in (whole, streamed):
        (choice,) = completion.choices
        assert (choice.message.content, choice.finish_reason) == ("Xin chào", "tool_calls")
        assert choice.message.tool_calls is not None
        assert choice.message.tool_calls[0].model_dump()["function"]["arguments"] == '{"city":"Huế"}'
    assert whole.usage is not None
    assert whole.usage.prompt_tokens_details is not None
    assert whole.usage.prompt_tokens_details.cached_tokens == 7


async def test_anthropic() -> None:
    async with VendorServer() as server:
        server.will(ANSWER, ANSWER)
        async with anthropic.AsyncAnthropic(api_key="k", base_url=server.url, max_retries=0) as client:
            whole = await client.messages.create(model="m", messages=[], max_tokens=9)
            async with client.messages.stream(model="m", messages=[], max_tokens=9) as stream:
                streamed = await stream.get_final_message()
    for message in (whole, streamed):
        assert [block.type for block in message.content] == ["thinking", "text", "tool_use"]
        assert message.content[2].model_dump()["input"] == {"city": "Huế"}
        assert message.stop_reason == "tool_use"
        assert message.usage.cache_read_input_tokens == 7
        assert message.usage.output_tokens == 20


async def test_gemini() -> None:
    async with VendorServer() as server:
        server.will(ANSWER, ANSWER)
        # The session the SDK makes by itself warns of its own making.
        session = aiohttp.ClientSession()
        options = genai.types.HttpOptions(base_url=server.url, aiohttp_client=session)
        client = genai.Client(vertexai=False, api_key="k", http_options=options)
        whole = await client.aio.models.generate_content(model="m", contents="Hi")
        chunks = [chunk async for chunk in await client.aio.models.generate_content_stream(model="m", contents="Hi")]
        await session.close()
        await client.aio.aclose()
        client.close()
    for responses in ([whole], chunks):
        parts = [part for one in responses for part in one.parts or ()]
        assert "".join(part.text or "" for part in parts if not part.thought) == "Xin chào"
        assert [part.function_call.args for part in parts if part.function_call] == [{"city": "Huế"}]
        usage = responses[-1].usage_metadata
        assert usage is not None
        assert (usage.prompt_token_count, usage.thoughts_token_count) == (30, 5)


async def test_a_call_that_nobody_scripted_fails_the_test() -> None:
    server = VendorServer()
    await server.__aenter__()
    async with openai.AsyncOpenAI(api_key="k", base_url=server.url + "/v1", max_retries=0) as client:
        with pytest.raises(openai.InternalServerError):
            await client.chat.completions.create(model="m", messages=[])
    with pytest.raises(AssertionError, match="nobody scripted"):
        await server.__aexit__(None, None, None)


async def test_a_cut_is_a_reset_not_an_end() -> None:
    async with VendorServer() as server:
        server.will(Answer(fault=Cut(1)))
        async with openai.AsyncOpenAI(api_key="k", base_url=server.url + "/v1", max_retries=0) as client:
            stream = await client.chat.completions.create(model="m", messages=[], stream=True)
            with pytest.raises(openai.APIConnectionError) as raised:
                async for _ in stream:
                    pass
    assert isinstance(raised.value.__cause__, httpx2.ReadError)
