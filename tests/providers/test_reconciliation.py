"""`reconcile_usage` finds every kind of error that is planted, names it, and repairs counters alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from providers.actions.attempts import AttemptRecord, save_attempts
from providers.actions.budgets import RESERVATION_LIFE, reserve
from providers.actions.ledger import LedgerLine, write_lines
from providers.contract import AttemptStarted, ChatRequest, Payer
from providers.models import Attempt, Budget, BudgetPeriod, PriceVersion, Reservation, UsageRecord
from tests.support.spending import counters, line, make_budget, tokens

pytestmark = pytest.mark.django_db
Plant = Callable[[], UUID | str]


def reconcile(*options: str) -> tuple[int, str]:
    """Its exit code, and what it says."""
    out = StringIO()
    try:
        call_command("reconcile_usage", *options, stdout=out)
    except CommandError as error:
        return error.returncode, f"{out.getvalue()}{error}"
    return 0, out.getvalue()


def call(line: LedgerLine, outcome: str = "complete") -> None:
    """A line with the attempt it is of. It is written first: that of the attempt then finds its place taken."""
    write_lines([line])
    request = ChatRequest(line.request_id, (), line.model)
    started = AttemptStarted(line.call_number, line.endpoint, line.model, "first", line.source)
    save_attempts([AttemptRecord(request, started, line.ended_at, outcome=outcome, usage=line.usage)])


@pytest.fixture(autouse=True)
def budgets(alice: User) -> list[Budget]:
    """With some traffic behind them: all kinds of lines, and a request that is still going on."""
    payer = Payer(alice.id)
    call(line(payer))
    made = [make_budget(), make_budget("site", period="day", unit="money", limit="5")]
    call(line(payer, endpoint="ollama", model="llama"))
    call(line(payer, source="cache", subject_id=uuid4()))
    call(line(payer, outcome="failed", is_estimated=True), outcome="failed")
    write_lines([line(payer, endpoint="openai", model="text-embedding-3-small", kind="embedding", feature="embedding")])
    going_on = line(payer)
    started = AttemptStarted(1, going_on.endpoint, going_on.model, "first")
    save_attempts([AttemptRecord(ChatRequest(going_on.request_id, (), going_on.model), started, timezone.now())])
    reserve(request_id=going_on.request_id, payer=payer, estimate=tokens(100), feature="chat")
    return made


def test_what_is_right_is_said_to_be(budgets: list[Budget]) -> None:
    code, said = reconcile()
    assert code == 0
    assert "Lines: 5, people: 1, conversations: 1, cost: at least $0.0004, lines of unknown price: 1" in said
    assert said.endswith("No differences.\n")


def test_a_call_that_nobody_closed_is_reported_once_its_request_must_be_over() -> None:
    running = Attempt.objects.filter(outcome=Attempt.Outcome.RUNNING)
    assert reconcile()[0] == 0, "it may still be going on"
    running.update(started_at=timezone.now() - RESERVATION_LIFE - timedelta(minutes=1))
    code, said = reconcile()
    assert code == 1
    assert f"attempt left open: attempt {running.get().id}" in said


def first_line(**found: object) -> UsageRecord:
    return UsageRecord.objects.filter(**found).order_by("id")[0]


def plant_used() -> str:
    BudgetPeriod.objects.filter(budget__scope="user").update(used=F("used") + 1)
    return "budget used: user budget"


def plant_reserved() -> str:
    BudgetPeriod.objects.filter(budget__scope="user").update(reserved=0)
    return "budget reserved: user budget"


def plant_lost_reservation() -> str:
    Reservation.objects.filter(budget_period__budget__scope="user").delete()
    return "budget reserved: user budget"


def plant_lost_period() -> str:
    BudgetPeriod.objects.filter(budget__scope="site").delete()
    return "budget without period: site budget"


def plant_cost() -> str:
    UsageRecord.objects.filter(id=(found := first_line(source="provider")).id).update(
        cost_nanousd=F("cost_nanousd") + 1
    )
    return f"cost: line {found.id}: 200001, by its tokens 200000"


def plant_unknown_cost() -> str:
    found = first_line(model="llama")
    UsageRecord.objects.filter(id=found.id).update(cost_nanousd=0)
    return f"cost: line {found.id}: 0, by its tokens None"


def plant_cost_of_the_cache() -> str:
    found = first_line(source="cache")
    UsageRecord.objects.filter(id=found.id).update(cost_nanousd=1)
    return f"cost: line {found.id}: 1, by its tokens 0"


def plant_saving() -> str:
    found = first_line(source="cache")
    UsageRecord.objects.filter(id=found.id).update(saved_nanousd=1)
    return f"saving: line {found.id}: 1, by its tokens 200000"


def plant_changed_price() -> str:
    PriceVersion.objects.filter(full_id__startswith="anthropic").update(input_usd=2)
    return f"cost: line {first_line(source='provider').id}: 200000, by its tokens 300000"


def plant_price_of_another_model() -> str:
    PriceVersion.objects.filter(full_id__startswith="anthropic").update(full_id="openai/other")
    return f"price of another model: line {first_line(source='provider').id}: price of openai/other"


def plant_tokens() -> str:
    found = first_line(source="provider")
    Attempt.objects.filter(request_id=found.request_id).update(input_tokens=101)
    return f"tokens: line {found.id}: 100 in, 20 out; its attempt 101 in, 20 out"


def plant_attempt_without_line() -> str:
    attempt = Attempt.objects.get(outcome="running")
    Attempt.objects.filter(id=attempt.id).update(outcome="abandoned")
    return f"attempt without line: attempt {attempt.id}: call 1 of {attempt.request_id} to anthropic"


def plant_line_without_attempt() -> str:
    found = first_line(model="llama")
    Attempt.objects.filter(request_id=found.request_id).delete()
    return f"line without attempt: line {found.id}: completion 1 of {found.request_id}"


COUNTERS = [plant_used, plant_reserved, plant_lost_reservation, plant_lost_period]
LINES = [
    plant_cost,
    plant_unknown_cost,
    plant_cost_of_the_cache,
    plant_saving,
    plant_changed_price,
    plant_price_of_another_model,
    plant_tokens,
    plant_attempt_without_line,
    plant_line_without_attempt,
]


@pytest.mark.parametrize("plant", [*COUNTERS, *LINES], ids=lambda plant: plant.__name__)
def test_a_planted_error_is_found_and_named(plant: Callable[[], str]) -> None:
    expected = plant()
    code, said = reconcile()
    assert code == 1
    assert expected in said
    assert "Differences: " in said


@pytest.mark.parametrize("plant", COUNTERS, ids=lambda plant: plant.__name__)
def test_counters_are_repaired_from_rows(plant: Callable[[], str], budgets: list[Budget]) -> None:
    before = [counters(budget) for budget in budgets]
    plant()
    code, said = reconcile("--repair-counters")
    assert code == 0
    assert "(repaired): " in said
    assert said.endswith("Counters repaired: 1\n")
    if plant is not plant_lost_reservation:
        assert [counters(budget) for budget in budgets] == before
    assert reconcile()[0] == 0


def test_lines_are_never_changed() -> None:
    for plant in (*COUNTERS, *LINES):
        plant()
    before = list(UsageRecord.objects.order_by("id").values())
    assert reconcile("--repair-counters")[0] == 1
    assert list(UsageRecord.objects.order_by("id").values()) == before


def test_what_is_older_can_be_left_out() -> None:
    plant_line_without_attempt()
    tomorrow = timezone.now() + timedelta(days=1)
    assert reconcile("--since", f"{tomorrow:%Y-%m-%d}")[0] == 0
    assert reconcile("--since", "2020-01-01")[0] == 1
    assert reconcile("--since", "yesterday") == (1, "--since takes a day such as 2026-11-01, not 'yesterday'.")
