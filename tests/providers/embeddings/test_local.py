"""The built-in embedder: what a vector of it is, for any text; that it needs no network; and when it is loaded."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.embeddings.contract import LOCAL
from providers.embeddings.kept import KeptVectors, unit_rows
from providers.embeddings.local import BATCH_MAX_CHARS, BATCH_MAX_TEXTS, LocalEmbedder, _batches, local_embedder

EMPTY = ["", " ", "\n\t", "\u3000", "\x00", "\x00 \x00"]
# Nothing is told of these but that they do no harm.
ODD = [
    "[PAD]",
    "<s>",
    "</s>",
    "<unk>",
    "\u200b",
    "\ud800",
    "\udc00\ud800",
    "\ufffd",
    "🌊" * 50,
    "a" * 100_000,
    "世" * 20_000,
]


async def test_a_row_for_each_text_of_length_one() -> None:
    vectors = await local_embedder().embed(["What is the capital of France?", "Thủ đô của Pháp là gì?", "世界"])
    assert vectors.shape == (3, local_embedder().dimensions)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1], abs=1e-6)


def test_what_is_about_the_same_is_near() -> None:
    question, like, other = local_embedder().embed_now(
        ["What is the capital of France?", "Tell me the capital of France", "How long do I boil an egg?"]
    )
    assert question @ like > 0.85
    assert question @ other < 0.3


@pytest.mark.parametrize("text", EMPTY, ids=repr)
def test_a_text_without_content_is_like_nothing_not_even_itself(text: str) -> None:
    empty, other = local_embedder().embed_now([text, "A question?"])
    assert not empty.any()
    assert empty @ other == 0
    assert empty @ empty == 0


@pytest.mark.parametrize("text", ODD, ids=lambda text: repr(text[:8]))
def test_an_odd_text_has_a_vector_without_nan(text: str) -> None:
    vectors = LocalEmbedder().embed_now([text, "A question?"])
    assert np.isfinite(vectors).all()
    assert np.linalg.norm(vectors[1]) == pytest.approx(1, abs=1e-6)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(max_size=200), max_size=8))
def test_a_text_has_its_vector_whatever_stands_beside_it(texts: list[str]) -> None:
    embedder = LocalEmbedder()
    embedder.load = local_embedder().load  # type: ignore[method-assign]  # loading takes half a second
    together = embedder.embed_now(texts)
    assert together.shape == (len(texts), 256)
    assert np.isfinite(together).all()
    for text, vector in zip(texts, together, strict=True):
        [alone] = local_embedder().embed_now([text])
        assert vector == pytest.approx(alone, abs=1e-5)


@settings(deadline=None)
@given(st.lists(st.integers(0, 2 * BATCH_MAX_CHARS), max_size=300))
def test_batches_hold_every_text_once_within_their_bounds(lengths: list[int]) -> None:
    batches = list(_batches(lengths))
    assert sorted(place for batch in batches for place in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) <= BATCH_MAX_TEXTS
        assert len(batch) == 1 or len(batch) * max(lengths[place] for place in batch) <= BATCH_MAX_CHARS


def test_many_threads_load_it_once() -> None:
    embedder = LocalEmbedder()
    with ThreadPoolExecutor(8) as threads:
        models = list(threads.map(lambda _: embedder.load(), range(8)))
    assert all(model is models[0] for model in models)


async def test_the_loop_goes_on_meanwhile() -> None:
    """Whoever embeds on the loop deadlocks here: the other task has to run for it to end."""
    embedder, turn = LocalEmbedder(), asyncio.Event()
    inner = embedder.embed_now

    def waiting(texts: list[str]) -> object:
        asyncio.run_coroutine_threadsafe(_set(turn), loop).result(timeout=10)
        return inner(texts)

    loop = asyncio.get_running_loop()
    embedder.embed_now = waiting  # type: ignore[method-assign,assignment]  # the same, watched
    vectors = await embedder.embed(["A question?"])
    assert turn.is_set()
    assert vectors.any()


async def _set(event: asyncio.Event) -> None:
    event.set()


LOADS_NOTHING = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "convoscope.settings.test"
import django
django.setup()
import convoscope.asgi, convoscope.urls, providers.cache.store, providers.embeddings.registry
print(sorted({"numpy", "wordllama", "tokenizers"} & set(sys.modules)))
"""

WITHOUT_A_NETWORK = """
import os, socket, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "convoscope.settings.test"
os.environ["HOME"] = sys.argv[1]
import django
django.setup()
def refuse(*args, **kwargs):
    raise AssertionError("reached for the network")
socket.socket.connect = socket.getaddrinfo = refuse
from providers.embeddings.local import local_embedder
print(local_embedder().embed_now(["A question?"]).shape, os.listdir(sys.argv[1]))
"""


def test_nothing_is_imported_before_it_is_needed() -> None:
    assert run_alone(LOADS_NOTHING) == "[]"


def test_it_loads_without_a_network_and_keeps_no_files(tmp_path: object) -> None:
    assert run_alone(WITHOUT_A_NETWORK, str(tmp_path)) == "(1, 256) []"


def run_alone(code: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error::RuntimeWarning", "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


# Vectors that are kept


def test_a_text_is_embedded_once_while_it_is_kept() -> None:
    kept = KeptVectors(2)
    first = kept.begin(["a", "b", "a", " "])
    assert first.missing == ["a", "b"]
    matrix = kept.finish(first, np.array([[3, 4], [0, -2]], np.float32))
    assert matrix == pytest.approx(np.array([[0.6, 0.8], [0, -1], [0.6, 0.8], [0, 0]]))
    again = kept.begin(["b", "c"])
    assert again.missing == ["c"]
    assert kept.finish(again, np.array([[1, 0]], np.float32)) == pytest.approx(np.array([[0, -1], [1, 0]]))


def test_the_least_recently_used_vector_goes_first() -> None:
    kept = KeptVectors(1, max_bytes=2 * 4)
    one = np.ones((1, 1), np.float32)
    for text in ("a", "b", "a", "c"):
        batch = kept.begin([text])
        kept.finish(batch, one[: len(batch.missing)])
    assert kept.begin(["a", "b", "c"]).missing == ["b"]


def test_a_kept_vector_is_not_what_the_caller_may_change() -> None:
    kept = KeptVectors(2)
    batch = kept.begin(["a"])
    kept.finish(batch, np.array([[1, 0]], np.float32))[:] = 7
    again = kept.begin(["a"])
    assert kept.finish(again, np.zeros((0, 2), np.float32)).tolist() == [[1, 0]]


@pytest.mark.parametrize("row", [[0, 0], [np.nan, 1], [np.inf, 1], [-np.inf, np.nan]])
def test_what_has_no_direction_becomes_zeros(row: list[float]) -> None:
    assert unit_rows(np.array([row, [0, 2]], np.float32)).tolist() == [[0, 0], [0, 1]]


def test_tiny_and_huge_vectors_have_a_direction() -> None:
    rows = unit_rows(np.array([[1e-30, 0], [1e30, 1e30]], np.float32))
    assert rows == pytest.approx(np.array([[1, 0], [0.70710678, 0.70710678]]))


def test_its_name_says_where_it_runs_and_how_wide_it_is() -> None:
    assert (local_embedder().name, local_embedder().dimensions) == (LOCAL, 256)
