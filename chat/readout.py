"""The figures under an answer, in words: who answered, how fast, how much, at what cost."""

from __future__ import annotations

from collections.abc import Iterator
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


def ended_readout(message: Message, run: Run) -> Readout | None:
    """None where nothing was timed. Tokens and cost are the whole answer's and times its last run's, so an answer that
    was continued is shown without times; Inspect has each run's own."""
    if not run.timings:
        return None
    if run.kind == Run.Kind.CONTINUE:
        return Readout(tokens=message.output_tokens)
    shown = live_readout(run.timings, run.timings.get("generate_ms", 0), message.output_tokens)
    if run.finished_at is None:
        return shown
    took_s = max(0.0, (run.finished_at - run.created_at).total_seconds())
    return Readout(shown.first_token, _("%(count)s s") % {"count": number(took_s, 1)}, shown.tokens_per_s, shown.tokens)


def live_readout(timings: dict[str, Any], end_ms: int, tokens: int | None = None) -> Readout:
    first_ms = timings.get("first_token_ms")
    tokens = tokens or timings.get("tokens") or None
    # Those of the time that was measured; the message's own may be those of several claims.
    timed_tokens = timings.get("output_tokens") or tokens
    rate = None
    if first_ms is not None and timed_tokens and end_ms > first_ms:
        rate = timed_tokens / ((end_ms - first_ms) / 1000)
    return Readout(first_token=_first_token(first_ms), tokens_per_s=rate, tokens=tokens)


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


def _first_token(ms: int | None) -> str:
    if ms is None:
        return ""
    return f"{ms} ms" if ms < MIN_SHOWN_AS_S_MS else _("%(count)s s") % {"count": number(ms / 1000, 2)}
