"""The figures under an answer, in words: who answered, how fast, how much, at what cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from chat.models import Message, Run
from convoscope.numbers import number
from providers.catalog import Endpoint, current_catalog
from providers.ledger import Cost

MIN_SHOWN_AS_S_MS = 100


@dataclass(frozen=True, slots=True)
class Readout:
    """The figures under an answer; empty or None where a figure isn't known. `first_token` and `duration` have their
    units."""

    first_token: str = ""
    duration: str = ""
    tokens_per_s: float | None = None
    tokens: int | None = None


def ended_readout(message: Message, runs: Sequence[Run]) -> Readout | None:
    """None where nothing was timed. Every figure is the whole answer's: one that was continued took what its runs took
    together, without the time between them. `runs` are all of them, oldest first; Inspect has each one's own."""
    timed = [run.timings for run in runs if run.timings]
    if not timed:
        return None
    tokens = message.output_tokens or sum(timings.get("tokens") or 0 for timings in timed) or None
    whole = tokens if len(timed) == 1 else None
    firsts = (timings["first_token_ms"] for timings in timed if timings.get("first_token_ms") is not None)
    ended = [(run.finished_at - run.created_at).total_seconds() for run in runs if run.finished_at is not None]
    return Readout(
        _first_token(next(firsts, None)),
        _("%(count)s s") % {"count": number(max(0.0, sum(ended)), 1)} if ended else "",
        _tokens_per_s([_pace(timings, timings.get("generate_ms", 0), whole) for timings in timed]),
        tokens,
    )


def live_readout(timings: dict[str, Any], end_ms: int) -> Readout:
    tokens = timings.get("tokens") or None
    rate = _tokens_per_s([_pace(timings, end_ms, tokens)])
    return Readout(first_token=_first_token(timings.get("first_token_ms")), tokens_per_s=rate, tokens=tokens)


def figures(message: Message, readout: Readout | None, cost: Cost | None) -> Iterator[str]:
    """What follows the model's name, the most telling first: what finds no room on its line falls away from the end."""
    endpoint = current_catalog().endpoints.get(message.provider)
    if endpoint is not None and _is_worth_naming(endpoint, message.model):
        yield endpoint.shown_label
    if readout is not None and readout.tokens:
        yield _("%(count)s tok") % {"count": number(readout.tokens)}
    if cost is not None:
        # The site paid nothing: what the person's own account paid, their provider alone knows.
        if cost.nanousd or cost.has_unknown or not cost.is_own_key:
            yield _("cost %s") % cost.words if cost.has_unknown else cost.words
        if cost.is_own_key:
            yield _("own key")
        if cost.is_cached:
            yield _("from cache")
    if readout is not None and readout.duration:
        yield readout.duration
    if readout is not None and readout.first_token:
        yield _("%(time)s to first") % {"time": readout.first_token}
    if readout is not None and readout.tokens_per_s:
        yield _("%(count)s tok/s") % {"count": number(readout.tokens_per_s, 0)}


def provider_label(name: str) -> str:
    endpoint = current_catalog().endpoints.get(name)
    return endpoint.shown_label if endpoint else name


def _is_worth_naming(endpoint: Endpoint, model: str) -> bool:
    """A vendor's own models name it well enough; whoever else serves them doesn't go without saying."""
    is_elsewhere = endpoint.is_reseller or endpoint.has_own_address or endpoint.is_local or endpoint.is_custom
    return is_elsewhere or "/" in model


def _pace(timings: dict[str, Any], end_ms: int, tokens: int | None) -> tuple[int, int]:
    """Shape: tokens, and the milliseconds from the first to the last of them; (0, 0) where one isn't known."""
    first_ms = timings.get("first_token_ms")
    # Those of the time that was measured; the message's own may be those of several claims.
    timed_tokens = timings.get("output_tokens") or tokens or timings.get("tokens")
    if first_ms is None or not timed_tokens or end_ms <= first_ms:
        return 0, 0
    return timed_tokens, end_ms - first_ms


def _tokens_per_s(paces: Sequence[tuple[int, int]]) -> float | None:
    ms = sum(ms for _tokens, ms in paces)
    return sum(tokens for tokens, _ms in paces) / (ms / 1000) if ms else None


def _first_token(ms: int | None) -> str:
    if ms is None:
        return ""
    return f"{ms} ms" if ms < MIN_SHOWN_AS_S_MS else _("%(count)s s") % {"count": number(ms / 1000, 2)}
