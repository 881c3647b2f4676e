"""Embedders of vendors, through the real SDKs against a server on loopback."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal

import numpy as np
import orjson
import pytest

from providers.catalog import EmbeddingModel, load_catalog
from providers.contract import EndpointConfig
from providers.embeddings.contract import LOCAL, Embedder
from providers.embeddings.gemini import GeminiWire
from providers.embeddings.openai import OpenAIWire
from providers.embeddings.registry import embedder_names, make_embedder
from providers.embeddings.remote import BATCH_MAX_CHARS, BATCH_MAX_TEXTS, RemoteEmbedder, Wire
from providers.errors import (
    AuthenticationFailed,
    ContextTooLong,
    InvalidRequest,
    ModelNotFound,
    NotAnApi,
    ProviderError,
    ProviderTimeout,
    ProviderUnavailable,
    QuotaExhausted,
    RateLimited,
)
from tests.support.vendors import PAGE, Refusal, Reset, Silence, Status, Vectors, VendorServer, closed_url
from tests.support.vendors.calling import KEY
from tests.support.vendors.embedding_wire import TOKENS_PER_TEXT, vector_of
from tests.support.vendors.script import Step

DIMENSIONS = 8
each_vendor = pytest.mark.parametrize("vendor", ["openai", "gemini"])
WIRES: dict[str, Callable[[EndpointConfig], Wire]] = {"openai": OpenAIWire, "gemini": GeminiWire}


def endpoint_at(vendor: str, url: str) -> EndpointConfig:
    base_url = f"{url}/v1" if vendor == "openai" else url
    return EndpointConfig(name=vendor, adapter=vendor, base_url=base_url, api_key=KEY, label=vendor.title())


@asynccontextmanager
async def connected(
    vendor: str, *steps: Step, spent: list[int] | None = None, first_token_timeout_s: float = 30
) -> AsyncGenerator[tuple[Embedder, VendorServer], None]:
    async with VendorServer() as server:
        server.will(*steps)
        endpoint = replace(endpoint_at(vendor, server.url), first_token_timeout_s=first_token_timeout_s)
        model = EmbeddingModel("gemini-embedding-2", vendor, DIMENSIONS, Decimal(1))
        embedder = RemoteEmbedder(
            endpoint,
            model,
            WIRES[vendor](endpoint),
            count_tokens=None if spent is None else spent.append,
            first_wait_s=0,
        )
        try:
            yield embedder, server
        finally:
            await embedder.aclose()


async def refused(vendor: str, *steps: Step, **options: float) -> ProviderError:
    async with connected(vendor, *steps, **options) as (embedder, _):  # type: ignore[arg-type]  # the one option there is
        with pytest.raises(ProviderError) as caught:
            await embedder.embed(["A text"])
    return caught.value


def expected(*texts: str) -> list[object]:
    rows = [vector_of(text, DIMENSIONS).astype(np.float64) for text in texts]
    return [pytest.approx(row / np.linalg.norm(row), abs=1e-6) for row in rows]


@each_vendor
async def test_each_text_has_its_own_vector_in_order(vendor: str) -> None:
    spent: list[int] = []
    async with connected(vendor, Vectors(), spent=spent) as (embedder, server):
        vectors = await embedder.embed(["One", "", "Zwei", "One", "ba ☃"])
    assert vectors.dtype == np.float32
    assert list(vectors[[0, 2, 3, 4]]) == expected("One", "Zwei", "One", "ba ☃")
    assert not vectors[1].any()
    [request] = server.requests
    assert KEY in str(request.headers)
    assert spent == [3 * TOKENS_PER_TEXT]


@each_vendor
async def test_what_was_embedded_is_not_asked_again(vendor: str) -> None:
    async with connected(vendor, Vectors(), Vectors()) as (embedder, server):
        first = await embedder.embed(["One", "Two"])
        second = await embedder.embed(["Two", "Three"])
        await embedder.embed(["Three", " "])
    assert len(server.requests) == 2
    assert list(second) == expected("Two", "Three")
    assert second[0].tolist() == first[1].tolist()


@each_vendor
async def test_many_texts_go_in_batches(vendor: str) -> None:
    texts = [f"Text {number}" for number in range(BATCH_MAX_TEXTS + 1)]
    async with connected(vendor, Vectors(), Vectors()) as (embedder, server):
        vectors = await embedder.embed(texts)
    assert list(vectors) == expected(*texts)
    assert [len(sent(request.body)) for request in server.requests] == [BATCH_MAX_TEXTS, 1]


async def test_long_texts_go_in_batches() -> None:
    texts = ["a" * BATCH_MAX_CHARS, "b", "c" * (BATCH_MAX_CHARS - 1)]
    async with connected("openai", Vectors(), Vectors()) as (embedder, server):
        await embedder.embed(texts)
    assert [len(sent(request.body)) for request in server.requests] == [1, 2]


def sent(body: dict[str, list[object]]) -> list[object]:
    return body.get("input") or body["requests"]


@each_vendor
async def test_no_text_is_no_call(vendor: str) -> None:
    async with connected(vendor) as (embedder, server):
        assert (await embedder.embed([])).shape == (0, DIMENSIONS)
        assert (await embedder.embed(["", "\n"])).tolist() == [[0] * DIMENSIONS] * 2
    assert server.requests == []


@pytest.mark.parametrize("step", [Vectors(in_reverse=True), Vectors(as_numbers=True)], ids=["in reverse", "as numbers"])
async def test_other_forms_of_openais_answer(step: Vectors) -> None:
    async with connected("openai", step) as (embedder, _):
        assert list(await embedder.embed(["One", "Two"])) == expected("One", "Two")


# Faults


@each_vendor
@pytest.mark.parametrize("step", [Refusal("unavailable"), Refusal("rate_limited"), Reset()], ids=repr)
async def test_what_passes_is_tried_again(vendor: str, step: Step) -> None:
    async with connected(vendor, step, step, Vectors()) as (embedder, server):
        assert list(await embedder.embed(["One"])) == expected("One")
    assert len(server.requests) == 3


@each_vendor
async def test_it_gives_up_after_three_tries(vendor: str) -> None:
    async with connected(vendor, *[Refusal("overloaded")] * 3) as (embedder, server):
        with pytest.raises(ProviderUnavailable):
            await embedder.embed(["One"])
    assert len(server.requests) == 3


@each_vendor
async def test_a_long_pause_is_the_callers_to_make(vendor: str) -> None:
    error = await refused(vendor, Refusal("rate_limited", {"Retry-After": "31"}))
    assert isinstance(error, RateLimited)
    assert error.retry_after_s == 31


@each_vendor
async def test_a_short_pause_is_made(vendor: str) -> None:
    async with connected(vendor, Refusal("rate_limited", {"Retry-After": "0"}), Vectors()) as (embedder, _):
        assert (await embedder.embed(["One"])).any()


@each_vendor
@pytest.mark.parametrize(
    ("step", "kind"),
    [
        (Refusal("unauthorized"), AuthenticationFailed),
        (Refusal("forbidden"), AuthenticationFailed),
        (Refusal("model_not_found"), ModelNotFound),
        (Refusal("quota"), QuotaExhausted),
        (Refusal("invalid"), InvalidRequest),
        (Status(413), ContextTooLong),
        (Vectors(DIMENSIONS + 1), InvalidRequest),
    ],
    ids=str,
)
async def test_what_does_not_pass_is_said_at_once(vendor: str, step: Step, kind: type[ProviderError]) -> None:
    error = await refused(vendor, step)
    assert type(error) is kind
    assert vendor.title() in error.user_message or kind is ContextTooLong
    assert KEY not in error.detail


MALFORMED = {
    "no JSON": b"{",
    "a list": b"[]",
    "a number": b"7",
    "null": b"null",
    "nothing": b"{}",
    "no vectors": b'{"data": null, "embeddings": null}',
    "too few": b'{"data": [], "embeddings": []}',
    "too many": orjson.dumps(
        {
            "data": [{"index": index, "embedding": [1.0] * DIMENSIONS} for index in range(2)],
            "embeddings": [{"values": [1.0] * DIMENSIONS}] * 2,
        }
    ),
    "no values": b'{"data": [{"index": 0, "embedding": null}], "embeddings": [{"values": null}]}',
    "words": b'{"data": [{"index": 0, "embedding": ["a", "b"]}], "embeddings": [{"values": ["a", "b"]}]}',
    "no base64": b'{"data": [{"index": 0, "embedding": "%%%"}], "embeddings": [{"values": "%%%"}]}',
    "half a float": b'{"data": [{"index": 0, "embedding": "AAA="}], "embeddings": [{"values": [[1.0]]}]}',
}


@each_vendor
@pytest.mark.parametrize("name", MALFORMED)
async def test_what_is_no_answer_is_tried_again_and_then_a_failure(vendor: str, name: str) -> None:
    """Where the SDK reads it, its transport may find it malformed first: then it isn't tried again, but told."""
    steps = [Status(200, MALFORMED[name])] * 3
    async with VendorServer() as server:
        server.will(*steps)
        endpoint = endpoint_at(vendor, server.url)
        model = EmbeddingModel("some-model", vendor, DIMENSIONS, None)
        embedder = RemoteEmbedder(endpoint, model, WIRES[vendor](endpoint), first_wait_s=0)
        with pytest.raises(ProviderUnavailable):
            await embedder.embed(["A text"])
        await embedder.aclose()


@each_vendor
async def test_a_web_page_is_no_answer(vendor: str) -> None:
    error = await refused(vendor, PAGE, PAGE, PAGE)
    assert isinstance(error, NotAnApi if vendor == "openai" else ProviderUnavailable)


@each_vendor
async def test_a_redirect_is_not_followed(vendor: str) -> None:
    away = Status(307, headers={"Location": "http://127.0.0.1:1/elsewhere"})
    assert isinstance(await refused(vendor, away, away, away), ProviderUnavailable)


@each_vendor
async def test_silence_ends(vendor: str) -> None:
    error = await refused(vendor, Silence(), Silence(), Silence(), first_token_timeout_s=0.2)
    assert isinstance(error, ProviderTimeout)


@each_vendor
async def test_nobody_there_is_unavailable(vendor: str) -> None:
    endpoint = endpoint_at(vendor, closed_url())
    model = EmbeddingModel("some-model", vendor, DIMENSIONS, None)
    embedder = RemoteEmbedder(endpoint, model, WIRES[vendor](endpoint), first_wait_s=0)
    with pytest.raises(ProviderUnavailable):
        await embedder.embed(["A text"])
    await embedder.aclose()


# Which there are


def test_the_embedders_of_what_is_on() -> None:
    assert embedder_names([]) == [LOCAL]
    assert embedder_names(["anthropic", "openai"]) == [
        LOCAL,
        "openai/text-embedding-3-large",
        "openai/text-embedding-3-small",
    ]


async def test_an_embedder_by_its_name() -> None:
    endpoints = [endpoint_at("openai", "http://127.0.0.1:1"), endpoint_at("gemini", "http://127.0.0.1:1")]
    for name in embedder_names(["openai", "gemini"]):
        embedder = make_embedder(name, endpoints)
        assert embedder.name == name
        assert name == LOCAL or embedder.dimensions == load_catalog().embeddings[name.partition("/")[2]].dimensions
        await embedder.aclose()


async def test_a_model_that_no_catalog_knows() -> None:
    ollama = EndpointConfig(name="ollama", adapter="openai", base_url="http://127.0.0.1:1/v1")
    embedder = make_embedder("ollama/library/nomic-embed-text", [ollama], dimensions=768)
    assert (embedder.name, embedder.dimensions) == ("ollama/library/nomic-embed-text", 768)
    await embedder.aclose()


@pytest.mark.parametrize(
    "name",
    [
        "",
        "openai",
        "openai/",
        "openai/unheard-of",
        "gemini/gemini-embedding-2",
        "anthropic/x",
        "text-embedding-3-small",
    ],
)
def test_an_unknown_embedder_is_refused_by_name(name: str) -> None:
    anthropic = EndpointConfig(name="anthropic", adapter="anthropic")
    with pytest.raises(ModelNotFound, match=name or "embedding model"):
        make_embedder(name, [endpoint_at("openai", "http://127.0.0.1:1"), anthropic])


def test_a_vendor_without_embeddings_is_refused_even_with_dimensions() -> None:
    with pytest.raises(ModelNotFound):
        make_embedder("anthropic/x", [EndpointConfig(name="anthropic", adapter="anthropic")], dimensions=8)
