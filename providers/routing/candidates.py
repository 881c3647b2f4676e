"""Which models may answer a request, in which order, and why each of the others may not: facts in, reasons out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from convoscope.numbers import number
from providers.contract import NO_LIMITS, ChatRequest, Considered, ImagePart, Model, Rights

# So much of the window has to stay free for the answer, whatever the model's own maximum is.
ANSWER_RESERVE_TOKENS = 1_000


@dataclass(frozen=True, slots=True)
class Needs:
    """What a request asks of a model. `has_text` says that an answer has begun, which has to be gone on with."""

    input_tokens: int = 0
    has_tools: bool = False
    has_images: bool = False
    has_text: bool = False

    @classmethod
    def of(cls, request: ChatRequest, *, input_tokens: int) -> Needs:
        has_images = any(isinstance(part, ImagePart) for message in request.messages for part in message.parts)
        return cls(input_tokens, bool(request.tools), has_images, bool(request.partial_text))


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is so just now. `unwell` has a reason for each endpoint, or model, that is not to be asked."""

    endpoints: Collection[str]
    unwell: Mapping[str, str] = field(default_factory=dict)
    rights: Rights = NO_LIMITS


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model that may answer, and why it stands where it does."""

    model: Model
    why: str


def weigh(
    ranked: Sequence[Candidate], *, needs: Needs, now: Circumstances, only_first: bool = False
) -> tuple[list[Candidate], tuple[Considered, ...]]:
    """Those that may answer, in the given order, and what is to be said of each that was looked at."""
    taken: list[Candidate] = []
    considered = []
    for place, candidate in enumerate(ranked):
        if only_first and place:
            excluded = _("no other model was wanted")
        else:
            excluded = _exclusion(candidate.model, needs, now, is_asked=place == 0)
        if not excluded:
            taken.append(candidate)
        considered.append(Considered(candidate.model.full_id, candidate.why, excluded))
    return taken, tuple(considered)


def _exclusion(model: Model, needs: Needs, now: Circumstances, *, is_asked: bool) -> str:
    """Why not, or "". The model that was asked for is sent no tools if it takes none; a stand-in has to take them. One
    that was asked for and that nobody knows is sent images: its provider says whether it can see them."""
    if model.endpoint not in now.endpoints:
        return _("%(endpoint)s isn't switched on") % {"endpoint": model.endpoint}
    if refusal := now.rights.refusal(model):
        return refusal
    if needs.has_images and not model.has_vision and (model.is_known or not is_asked):
        return _("it can't see images")
    if needs.has_tools and not model.has_tools and not is_asked:
        return _("it takes no tools")
    if needs.has_text and model.continuation == "none":
        return _("it can't go on with an answer that has begun")
    if needs.input_tokens + ANSWER_RESERVE_TOKENS > model.context_window_tokens and not is_asked:
        return _("about %(needed)s tokens don't fit its window of %(window)s") % {
            "needed": number(needs.input_tokens),
            "window": number(model.context_window_tokens),
        }
    return now.unwell.get(model.endpoint) or now.unwell.get(model.full_id, "")
