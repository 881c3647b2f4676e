"""What a call is likely to use and cost, before it is made: for reservations, and for the composer."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from statistics import median_low

from convoscope.kept import Kept
from providers.contract import Usage
from providers.models import UsageRecord
from providers.prices import cost_nanousd, known_price

# An answer of about 600 words, which is on the long side of what people are given.
TYPICAL_OUTPUT_TOKENS = 800
# How much of the ledger's end the medians are of, and how many answers of a model make one.
SEEN_LINES = 2_000
MEDIAN_MIN_ANSWERS = 20
# They change slowly, and are asked for while people type.
MEDIANS_KEPT_S = 600.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """Tokens of input and output together, and what they cost; None where the price is unknown."""

    tokens: int
    nanousd: int | None


def estimate_cost(*, input_tokens: int, max_output_tokens: int | None, full_id: str) -> Estimate:
    """What one call is likely to use: the input, and an answer as long as this model's usually are.

    That is the median of its last answers in chats, or TYPICAL_OUTPUT_TOKENS while there are few; never more than
    `max_output_tokens`.
    """
    output_tokens = _medians.get().get(full_id, TYPICAL_OUTPUT_TOKENS)
    if max_output_tokens is not None:
        output_tokens = min(output_tokens, max_output_tokens)
    price = known_price(full_id)
    usage = Usage(input_tokens=input_tokens, output_tokens=output_tokens)
    return Estimate(input_tokens + output_tokens, None if price is None else cost_nanousd(usage, price))


def forget_medians() -> None:
    """Read the ledger again when a median is next asked for."""
    _medians.forget()


def _read_medians() -> dict[str, int]:
    # Sorted out here: a condition would make the database look through the whole ledger for a model that is rare.
    newest = UsageRecord.objects.order_by("-created_at").values_list(
        "endpoint", "model", "output_tokens", "feature", "source", "outcome"
    )[:SEEN_LINES]
    answers: defaultdict[str, list[int]] = defaultdict(list)
    for endpoint, model, output_tokens, *kind in newest:
        if kind == ["chat", UsageRecord.Source.PROVIDER, "complete"]:
            answers[f"{endpoint}/{model}"].append(output_tokens)
    return {name: median_low(lengths) for name, lengths in answers.items() if len(lengths) >= MEDIAN_MIN_ANSWERS}


_medians = Kept(_read_medians, seconds=MEDIANS_KEPT_S)
