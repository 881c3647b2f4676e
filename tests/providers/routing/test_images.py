"""Who may be asked about images: those that see, and one that was asked for and that nobody knows."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from providers.contract import ChatMessage, ChatRequest, ImagePart, Model, TextPart
from providers.routing.candidates import Candidate, Circumstances, Needs, weigh

SEES = Model("sees", "openai", 100_000, 4_000, "none", has_vision=True)
BLIND = Model("blind", "openai", 100_000, 4_000, "none")
UNKNOWN = replace(BLIND, id="unknown", is_known=False)
NOW = Circumstances(endpoints={"openai"})
ASKED = ChatRequest(
    request_id=uuid4(), messages=(ChatMessage("user", (TextPart("What?"), ImagePart("image/png", b"1"))),), model=""
)


@pytest.mark.parametrize(
    ("models", "excluded"),
    [
        ((BLIND, SEES), ["it can't see images", ""]),
        ((SEES, BLIND), ["", "it can't see images"]),
        ((UNKNOWN, SEES), ["", ""]),
        ((SEES, UNKNOWN), ["", "it can't see images"]),
    ],
)
def test_a_stand_in_has_to_see(models: tuple[Model, ...], excluded: list[str]) -> None:
    candidates = [Candidate(model, "") for model in models]
    taken, considered = weigh(candidates, needs=Needs.of(ASKED, input_tokens=10), now=NOW)
    assert [one.excluded for one in considered] == excluded
    assert [one.model for one in taken] == [model for model, why in zip(models, excluded, strict=True) if not why]
