"""Requests as they were sent: kept for a while, of some not at all, and forgotten in bounded steps."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from providers.actions import wire_requests
from providers.actions.attempts import AttemptRecord, save_attempts
from providers.actions.wire_requests import WIRE_REQUEST_DAYS, forget_old_requests
from providers.contract import AttemptStarted, ChatMessage, ChatRequest
from providers.models import Attempt
from providers.records import wire_request
from providers.tasks import sweep_wire_requests

pytestmark = pytest.mark.django_db
BODY = b'{"messages": "Good morning?"}'


def call(*, days: float = 0.0, body: bytes = BODY, may_be_kept: bool = True) -> UUID:
    """A call so many days ago; the id of its request."""
    request = ChatRequest(uuid4(), (ChatMessage.of_text("user", "Hi"),), "gpt-4.1", may_be_kept=may_be_kept)
    started = AttemptStarted(1, "openai", "gpt-4.1", "first", body=lambda: body)
    at = timezone.now() - timedelta(days=days)
    save_attempts([AttemptRecord(request, started, at, outcome=Attempt.Outcome.COMPLETE)])
    return request.request_id


def is_kept(request_id: UUID) -> bool:
    return wire_request(request_id, 1) is not None


def test_it_is_forgotten_after_its_days_and_the_call_stays() -> None:
    old, new = call(days=WIRE_REQUEST_DAYS + 1), call(days=WIRE_REQUEST_DAYS - 1)
    assert is_kept(old)
    assert forget_old_requests() == 1
    assert (is_kept(old), is_kept(new)) == (False, True)
    assert Attempt.objects.filter(request_id=old).exists()
    assert forget_old_requests() == 0


def test_one_sweep_forgets_so_many_and_the_next_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire_requests, "FORGOTTEN_AT_ONCE", 2)
    monkeypatch.setattr(wire_requests, "BATCHES_A_SWEEP", 2)
    for _ in range(5):
        call(days=WIRE_REQUEST_DAYS + 1)
    sweep_wire_requests()
    assert Attempt.objects.filter(wire_request__isnull=False).count() == 1
    sweep_wire_requests()
    assert not Attempt.objects.filter(wire_request__isnull=False).exists()


def test_what_must_not_be_kept_never_is() -> None:
    assert not is_kept(call(may_be_kept=False))


def test_where_nobody_was_asked_there_is_no_request() -> None:
    assert not is_kept(call(body=b""))
