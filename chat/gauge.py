"""How much of its window a model has used of a conversation, and what that has cost so far, for the gauge beside the
message field."""

from __future__ import annotations

from dataclasses import dataclass

from chat.context.report import BudgetReport
from chat.models import Message, Run
from providers.ledger import cost_of_subject

# From here on the gauge says that the window gets narrow.
NARROW_PERCENT = 80


@dataclass(frozen=True, slots=True)
class Gauge:
    """`percent` of the window, 100 at most, that the last question and its answer took; the report says of what. `cost`
    is what the whole conversation came to."""

    percent: int
    used_tokens: int
    window_tokens: int
    report: BudgetReport
    cost: str

    @property
    def is_narrow(self) -> bool:
        return self.percent >= NARROW_PERCENT


def gauge_of(message: Message, run: Run | None) -> Gauge | None:
    """By what the provider counted, else by what the context was estimated at; None where no window is known, or the
    answer isn't there yet."""
    report = BudgetReport.of_json(run.context) if run else None
    if report is None or not report.window_tokens or message.is_unfinished:
        return None
    input_tokens = report.used_tokens if message.input_tokens is None else message.input_tokens
    used_tokens = input_tokens + (message.output_tokens or 0)
    percent = min(100, round(100 * used_tokens / report.window_tokens))
    cost = cost_of_subject(message.conversation_id).words
    return Gauge(percent, used_tokens, report.window_tokens, report, cost)
