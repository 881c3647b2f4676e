"""For the tasks of the gateway."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from django.utils import timezone

from accounts.models import User
from providers.actions.budgets import reserve
from providers.contract import Payer
from providers.models import (
    Attempt,
    Budget,
    BudgetPeriod,
    CachedResponse,
    EndpointCheck,
    Reservation,
    RolledDay,
    UsageDay,
    UsageDayByCall,
    UsageDayByPayer,
    UsageRecord,
)
from tests.chat.lifecycle.conftest import ago
from tests.providers.cache.asking import ask, keep
from tests.support.due.kind import Due
from tests.support.ledger import line, write
from tests.support.spending import make_budget, tokens


def answers(owner: User) -> tuple[str, ...]:
    for number in range(6):
        keep(ask(owner, f"What is {number}?"), f"It is {number}.")
    ids = [one.id for one in CachedResponse.objects.all() if one.text in ("It is 1.", "It is 2.", "It is 4.")]
    CachedResponse.objects.filter(id__in=ids).update(expires_at=ago(minutes=1), exact_until=ago(hours=1))
    return ()


def answers_state() -> object:
    return sorted(CachedResponse.objects.values_list("text", flat=True))


def reservations(owner: User) -> tuple[str, ...]:
    """Of two budgets, so that a request holds something of each."""
    for period in ("day", "month"):
        make_budget(scope="site", period=period)
    requests = [uuid4() for _number in range(4)]
    for request_id in requests:
        reserve(request_id=request_id, payer=Payer(owner.id), estimate=tokens(10), feature="chat")
    Reservation.objects.filter(request_id__in=requests[1:]).update(expires_at=ago(minutes=1))
    return ()


def reservations_state() -> object:
    held = BudgetPeriod.objects.order_by("budget__period").values_list("budget__period", "reserved", "used")
    return list(held), Reservation.objects.count()


def sent(owner: User) -> tuple[str, ...]:
    for number in range(4):
        Attempt.objects.create(
            request_id=uuid4(),
            call_number=number,
            endpoint="openai",
            model="m",
            outcome="complete",
            source="provider",
            started_at=ago(days=31 if number else 1),
            wire_request=b"{}",
        )
    return ()


def sent_state() -> object:
    kept = Attempt.objects.order_by("call_number").values_list("call_number", "wire_request")
    return [(number, body is None) for number, body in kept]


def ledger(owner: User) -> tuple[str, ...]:
    today = datetime.now(UTC).date()
    for days in (0, 1, 2, 4):
        write(*(line(today - timedelta(days=days), model=model, user_id=owner.id) for model in ("a", "b", "b")))
    return ()


def ledger_state() -> object:
    sums = [
        sorted(str({**row, "id": 0}) for row in table.objects.values())
        for table in (UsageDay, UsageDayByCall, UsageDayByPayer)
    ]
    return sums, sorted(RolledDay.objects.values_list("day", "lines")), UsageRecord.objects.count()


def checks(owner: User) -> tuple[str, ...]:
    """One that is off by now, and none yet of the one that is on."""
    EndpointCheck.objects.create(name="gone", checked_at=timezone.now())
    return ()


def checks_state() -> object:
    return sorted(EndpointCheck.objects.values_list("name", "failure"))


def old_sums(owner: User) -> tuple[str, ...]:
    kind = {"feature": "chat", "source": "provider", "endpoint": "o", "model": "m", "outcome": "c"}
    today = datetime.now(UTC).date()
    for days in (1, 800, 900):
        UsageDay.objects.create(day=today - timedelta(days=days), user=owner, calls=days, **kind)
        UsageDayByPayer.objects.create(day=today - timedelta(days=days), user=owner, calls=days)
    return ()


def named_sums() -> object:
    tables = (UsageDay, UsageDayByPayer)
    return [sorted(table.objects.values_list("calls", "user__email")) for table in tables]


def forget() -> None:
    for model in (
        *(CachedResponse, Reservation, BudgetPeriod, Budget, Attempt, UsageRecord, EndpointCheck),
        *(RolledDay, UsageDay, UsageDayByCall, UsageDayByPayer),
    ):
        model.objects.all().delete()


DUE: tuple[Due, ...] = (
    Due("providers.tasks.sweep_cached_responses", answers, answers_state),
    Due("providers.tasks.sweep_reservations", reservations, reservations_state),
    Due("providers.tasks.sweep_wire_requests", sent, sent_state),
    Due("providers.tasks.roll_up_usage", ledger, ledger_state),
    Due("providers.tasks.forget_payers", old_sums, named_sums),
    Due("providers.tasks.check_idle_endpoints", checks, checks_state),
)
