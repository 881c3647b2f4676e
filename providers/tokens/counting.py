"""How many tokens texts, messages and requests are for a model: counted where that is quick, else estimated."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from providers.catalog import Endpoint, Vocabulary, current_catalog
from providers.catalog.entries import UNKNOWN_IMAGE_TOKENS
from providers.contract import ChatMessage, ChatRequest, ImagePart, Model, Part, TextPart, ToolCallPart, ToolDefinition
from providers.tokens.estimate import estimate_text_tokens
from providers.tokens.ranks import RankCounter, load_ranks, loaded_counter

# Beyond this the true ranks take longer than 2 ms of the event loop. Of texts that were never counted before, English
# and code take 0.3 to 0.6 microseconds a byte, Chinese 1 to 3: it has no spaces to part it into short pieces.
EXACT_MAX_BYTES = 2_000
# What a byte beyond the first of a character counts as more.
FURTHER_BYTE_COST = 3
# Counts that are kept, because a conversation sends its texts again with each turn: 4 MB of texts at most.
KEPT_COUNTS = 2_048
# Of a vocabulary that isn't published we assume the thriftless one: it counts 1.5 times what the newer one does in
# Vietnamese, and 1.3 times in Chinese, and so does many another.
UNKNOWN_VOCABULARY: Vocabulary = "cl100k_base"
# What the chat formats add around a message, and before the answer.
# Source: https://github.com/openai/openai-cookbook, "How to count tokens with tiktoken".
MESSAGE_OVERHEAD_TOKENS = 4
ANSWER_OVERHEAD_TOKENS = 3
TOOL_OVERHEAD_TOKENS = 8
# The instructions that vendors put in front of tools. Claude's are the longest that are documented.
# Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview, pricing.
TOOLS_PREAMBLE_TOKENS = 350


def count_text_tokens(text: str, *, model: Model | None = None) -> int:
    """Exact for a short text and a model whose ranks are loaded; else an estimate that is rather high than low."""
    return _count(text, _endpoint(model))


def count_message_tokens(messages: Iterable[ChatMessage], *, model: Model | None) -> int:
    """With what the chat format adds to each message; an image by the flat figure of its vendor."""
    return _count_messages(tuple(messages), (), "", _endpoint(model))


def estimate_input_tokens(request: ChatRequest, model: Model | None) -> int:
    """What a provider will count as the request's input: its messages, its tools and the answer's beginning, which is
    expected in `partial_text` alone: ask before it is put among the messages."""
    counted = _count_messages(request.messages, request.tools, request.partial_text, _endpoint(model))
    return counted + ANSWER_OVERHEAD_TOKENS


def tokens_percent(model: Model | None) -> int:
    """How many tokens this model makes of a text, beside what is counted without a model; at least as many."""
    endpoint = _endpoint(model)
    return max(100, endpoint.tokens_percent) if endpoint else 100


def image_tokens(model: Model | None) -> int:
    """What an image counts at most, by the catalog's figure of the vendor; where none is known, by a cautious one."""
    endpoint = _endpoint(model)
    return endpoint.image_tokens if endpoint else UNKNOWN_IMAGE_TOKENS


def load_vocabularies(endpoint_names: Iterable[str]) -> None:
    """Load the ranks that these endpoints count by. Blocks for a fifth of a second: call it in a thread."""
    endpoints = current_catalog().endpoints
    for name in endpoint_names:
        if name in endpoints and (vocabulary := endpoints[name].vocabulary):
            load_ranks(vocabulary)


def _endpoint(model: Model | None) -> Endpoint | None:
    return current_catalog().endpoints.get(model.endpoint) if model else None


def _count_messages(
    messages: tuple[ChatMessage, ...], tools: tuple[ToolDefinition, ...], partial_text: str, endpoint: Endpoint | None
) -> int:
    parts = [part for message in messages for part in message.parts]
    images = sum(1 for part in parts if isinstance(part, ImagePart))
    # Counted in one go, so that the time it takes is bounded for the request rather than for each message.
    texts = [_text_of(part) for part in parts if not isinstance(part, ImagePart)]
    texts += [f"{tool.name}\n{tool.description}\n{tool.parameters}" for tool in tools]
    if partial_text:
        texts.append(partial_text)
    return (
        _count("\n".join(texts), endpoint)
        + images * (endpoint.image_tokens if endpoint else UNKNOWN_IMAGE_TOKENS)
        + MESSAGE_OVERHEAD_TOKENS * (len(messages) + bool(partial_text))
        + (TOOLS_PREAMBLE_TOKENS + TOOL_OVERHEAD_TOKENS * len(tools) if tools else 0)
    )


def _text_of(part: Part) -> str:
    if isinstance(part, TextPart):
        return part.text
    if isinstance(part, ToolCallPart):
        return f"{part.name}\n{part.arguments}"
    return "" if isinstance(part, ImagePart) else f"{part.name}\n{part.text}"


def _count(text: str, endpoint: Endpoint | None) -> int:
    vocabulary = endpoint.vocabulary if endpoint else None
    if vocabulary and is_quick_to_count(text) and (counter := loaded_counter(vocabulary)) is not None:
        return _counted(counter, text)
    estimate = estimate_text_tokens(text, vocabulary or UNKNOWN_VOCABULARY)
    return -(-estimate * (endpoint.tokens_percent if endpoint else 100) // 100)


@lru_cache(maxsize=KEPT_COUNTS)
def _counted(counter: RankCounter, text: str) -> int:
    return counter.count(text)


def is_quick_to_count(text: str) -> bool:
    if len(text) > EXACT_MAX_BYTES:
        return False
    size_bytes = len(text.encode("utf-8", "surrogatepass"))
    return size_bytes + FURTHER_BYTE_COST * (size_bytes - len(text)) <= EXACT_MAX_BYTES
