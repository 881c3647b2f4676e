"""`static/js/live-ops.js` in Chromium: what the frames give is what the whole HTML gives."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from chat.rendering import render_markdown
from tests.chat.rendering.streaming import pieces, stream
from tests.chat.rendering.test_safety import VECTORS
from tests.chat.rendering.test_stream import ANSWER, HOSTILE, HUGE
from tests.chat.rendering.texts import FRAGMENTS

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = Path("/usr/bin/chromium")
MODULE = Path(__file__).parents[3] / "static/js/live-ops.js"
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
COMPARE = """
async (cases) => {
  const { applyOp } = await import(window.liveOps);
  const wrong = [];
  for (const [frames, html] of cases) {
    const body = document.createElement("div");
    const whole = document.createElement("div");
    document.body.replaceChildren(body);
    for (const frame of frames) applyOp(body, frame);
    whole.innerHTML = html;
    if (body.innerHTML !== whole.innerHTML) wrong.push([frames, body.innerHTML, whole.innerHTML]);
  }
  return wrong;
}
"""


@pytest.fixture(scope="module")
def compare() -> Iterator[object]:
    if not CHROMIUM.exists():
        pytest.skip("no Chromium")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        page = browser.new_page()
        page.evaluate(
            "source => { window.liveOps = URL.createObjectURL(new Blob([source], {type: 'text/javascript'})) }",
            MODULE.read_text(),
        )
        yield lambda cases: page.evaluate(COMPARE, cases)
        browser.close()


def case(text: str, source: random.Random) -> list[tuple[list[str], str]]:
    """The frames from the start, and a snapshot with the frames after it."""
    tokens = pieces(text, [source.randrange(10**6) for _ in range(source.choice([0, 3, 20, 100]))])
    result = stream(tokens, step_s=source.choice([0.0, 0.02, 0.2]), snapshot_at=source.randrange(len(tokens) + 1))
    expected = render_markdown(text)
    cases = [(result.frames, expected)]
    return [*cases, ([*result.snapshot, *result.later_frames], expected)] if result.snapshot else cases


def test_frames_give_the_whole_html_in_a_browser(compare) -> None:  # type: ignore[no-untyped-def]
    source = random.Random(7)
    texts = [ANSWER] * 20 + VECTORS
    texts += ["".join(source.choices(FRAGMENTS, k=source.randint(1, 30))) for _ in range(1_500)]
    cases = [entry for text in texts for entry in case(text, source)]
    assert compare(cases) == []


def test_huge_texts_give_the_whole_html_in_a_browser(compare) -> None:  # type: ignore[no-untyped-def]
    source = random.Random(8)
    for text in [*HUGE.values(), *HOSTILE.values()]:
        assert compare(case(text[:3_000], source)) == []
    assert compare(case(HUGE["formulas"][:8_000], source)) == []
