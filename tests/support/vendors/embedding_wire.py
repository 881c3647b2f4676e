"""Answers with vectors, as OpenAI's embeddings and Gemini's batchEmbedContents write them."""

from __future__ import annotations

import base64
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt

from tests.support.vendors.script import Vectors

# What each text is said to have cost.
TOKENS_PER_TEXT = 3


def vector_of(text: str, dimensions: int) -> npt.NDArray[np.float32]:
    """Some vector, not of length 1, always the same for a text."""
    made = np.random.default_rng(crc32(text.encode())).normal(size=dimensions) * 3
    return made.astype(np.float32)


def embedding_answer(step: Vectors, body: Any) -> object:
    return _openai(step, body) if "input" in body else _gemini(step, body)


def _openai(step: Vectors, body: Any) -> object:
    rows = []
    for index, text in enumerate(body["input"]):
        vector = vector_of(text, step.dimensions)
        is_packed = body["encoding_format"] == "base64" and not step.as_numbers
        sent = base64.b64encode(vector.tobytes()).decode() if is_packed else vector.tolist()
        rows.append({"object": "embedding", "index": index, "embedding": sent})
    if step.in_reverse:
        rows.reverse()
    tokens = TOKENS_PER_TEXT * len(rows)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "data": rows, "model": body["model"], "usage": usage}


def _gemini(step: Vectors, body: Any) -> object:
    texts = ["".join(part["text"] for part in request["content"]["parts"]) for request in body["requests"]]
    return {
        "embeddings": [{"values": vector_of(text, step.dimensions).tolist()} for text in texts],
        "usageMetadata": {"promptTokenCount": TOKENS_PER_TEXT * len(texts)},
    }
