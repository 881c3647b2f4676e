"""A person with a row of every kind that the register of personal data names, and where to look for traces of them."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.cache import caches
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from accounts.actions.audit import record
from accounts.actions.consents import choose_optional, decide_on_health
from accounts.actions.people import give_role
from accounts.limits import current_limiter, take_request
from accounts.models import (
    AuditOrigin,
    InactivityNotice,
    Invitation,
    Pseudonym,
    Role,
    SSOGrant,
    SSOSession,
    SSOTrace,
    Team,
    User,
)
from chat.models import (
    Appeal,
    Checkpoint,
    Comparison,
    Conversation,
    ConversationPlaceholders,
    Experiment,
    Flag,
    ImportedSource,
    Look,
    Message,
    MessageCheck,
    ModerationAction,
    PreferenceVote,
    Run,
    Tag,
)
from providers.models import (
    Attempt,
    Budget,
    BudgetPeriod,
    CacheSettings,
    Endpoint,
    LevelPin,
    ModelRow,
    Reservation,
    RoutingDecision,
    UsageDay,
    UsageDayByPayer,
    UsageRecord,
    Worth,
)
from tests.support.belongings import Things, make_belongings

ADDRESS = "192.0.2.77"
SAID_BY_PROVIDER = "The prompt about Ottilie was refused"
NAME = "Wilhelmina"


def make_everything(owner: User) -> Things:
    """Beside what `make_belongings` makes. The address and what the person wrote stand in it."""
    User.objects.filter(id=owner.id).update(first_name=NAME)
    give_role(user=owner, role=Role.USER)
    things = make_belongings(owner)
    _in_conversations(owner)
    _in_accounts(owner)
    _in_moderation(owner)
    _at_providers_of_identity(owner)
    _in_the_ledger(owner)
    Endpoint.objects.filter(name="lab").update(created_by=owner)
    ModelRow.objects.update(created_by=owner)
    LevelPin.objects.create(level="full", by=owner)
    Worth.objects.create(value_nanousd=1, set_by=owner)
    CacheSettings.objects.update_or_create(id=1, defaults={"updated_by": owner})
    Budget.objects.create(
        scope="site", period="month", unit="money", limit=9, created_by=owner, created_at=timezone.now()
    )
    return things


def _in_conversations(owner: User) -> None:
    conversation = Conversation.objects.filter(owner=owner, is_temporary=False).earliest("id")
    conversation.tags.add(Tag.objects.get(owner=owner))
    answer = Message.objects.filter(conversation=conversation, role="assistant").earliest("id")
    Message.objects.filter(id=answer.id).update(comparison=Comparison.objects.create(chosen=answer))
    run = Run.objects.filter(message__conversation__owner=owner).earliest("id")
    Checkpoint.objects.create(run=run, fence=1, n=1, text_delta=NAME)
    ImportedSource.objects.create(owner=owner, product="chatgpt", source_id="one", conversation=conversation)
    PreferenceVote.objects.create(comparison_id=uuid4(), voter=owner, winner="a/b", loser="a/c", cast_at=timezone.now())
    Experiment.objects.update(started_by=owner)
    ConversationPlaceholders.objects.create(conversation=conversation, sealed=NAME)


def _in_accounts(owner: User) -> None:
    Client().force_login(owner)
    address = EmailAddress.objects.get(user=owner)
    EmailConfirmation.objects.create(email_address=address, key="k" * 20, sent=timezone.now())
    owner.user_permissions.add(Permission.objects.earliest("id"))
    choose_optional(user=owner, given=["analytics"])
    decide_on_health(user=owner, conversation_id=uuid4(), is_given=True)
    InactivityNotice.objects.create(user=owner)
    account = ContentType.objects.get_for_model(User)
    LogEntry.objects.create(
        user=owner, content_type=account, object_id=str(owner.id), object_repr=owner.email, action_flag=CHANGE
    )
    entry = record("thing.done", by=owner, concerns=owner)
    AuditOrigin.objects.get_or_create(
        entry=entry, defaults={"pseudonym": Pseudonym.objects.get(user=owner), "address": ADDRESS}
    )
    take_request(owner)


def _in_moderation(owner: User) -> None:
    """What the person reported, and what they decided about somebody else."""
    mine = Message.objects.filter(conversation__owner=owner).earliest("id")
    MessageCheck.objects.create(message=mine)
    flag = {"source": "user", "severity": 1}
    Flag.objects.create(conversation=mine.conversation, category="spam", reporter=owner, note=NAME, **flag)
    now, somebody = timezone.now(), User.objects.create_user(email="somebody@example.org")
    theirs = Conversation.objects.create(owner=somebody, title="Somebody's", active_at=now)
    Flag.objects.create(conversation=theirs, category="spam", claimed_by=owner, claimed_at=now, **flag)
    Flag.objects.create(conversation=theirs, category="hate", status="acted", decided_by=owner, decided_at=now, **flag)
    decision = ModerationAction.objects.create(kind="warn_user", person=somebody, by=owner, reason="A reason")
    Appeal.objects.create(action=decision, text="A text", outcome="refused", decided_by=owner, decided_at=now)
    Look.objects.create(conversation=theirs, owner=theirs.owner, by=owner, reason="A reason", ends_at=now)


def _at_providers_of_identity(owner: User) -> None:
    account = SocialAccount.objects.create(user=owner, provider="works", uid=NAME, extra_data={"email": owner.email})
    SocialToken.objects.create(account=account, token=NAME)
    SSOGrant.objects.create(user=owner, provider="works", kind="tier", value="free")
    SSOSession.objects.create(user=owner, provider="works", session_key="k" * 32, issuer="i", subject=NAME)
    SSOTrace.objects.create(user=owner, provider="works", outcome="signed_in", claims={"email": owner.email})
    SSOTrace.objects.create(provider="works", outcome="refused", claims={"mail": [owner.email.title()]})
    invitation = Invitation.objects.create(address=owner.email, expires_at=timezone.now(), hash="a" * 64)
    invitation.teams.add(team := Team.objects.earliest("id"))
    _done_by_an_administrator(invitation)
    joined = [{"added": {"name": "membership", "object": f"{owner.id} in {team.id}"}}]
    _done_by_an_administrator(team, json.dumps(joined))
    Invitation.objects.create(address="other@example.org", expires_at=timezone.now(), hash="b" * 64, invited_by=owner)


def _done_by_an_administrator(thing: Model, message: str = "") -> None:
    by = User.objects.get_or_create(email="administrator@example.org")[0]
    LogEntry.objects.create(
        user=by,
        content_type=ContentType.objects.get_for_model(thing),
        object_id=str(thing.pk),
        object_repr=str(thing),
        action_flag=CHANGE,
        change_message=message,
    )


def _in_the_ledger(owner: User) -> None:
    request_id, now = uuid4(), timezone.now()
    line = {"request_id": request_id, "feature": "chat", "endpoint": "openai", "model": "m", "outcome": "failed"}
    UsageRecord.objects.create(user=owner, call_number=1, created_at=now, **line)
    Attempt.objects.create(
        request_id=request_id,
        call_number=1,
        endpoint="openai",
        model="m",
        started_at=now,
        outcome="failed",
        error_detail=SAID_BY_PROVIDER,
        wire_request=NAME.encode(),
    )
    RoutingDecision.objects.create(request_id=request_id, asked="auto")
    day = date(2026, 3, 1)
    UsageDay.objects.create(
        day=day, user=owner, feature="chat", source="provider", endpoint="o", model="m", outcome="c"
    )
    UsageDayByPayer.objects.create(day=day, user=owner)
    budget = Budget.objects.filter(user=owner).earliest("id")
    period = BudgetPeriod.objects.get_or_create(budget=budget, starts_on=day)[0]
    Reservation.objects.create(
        request_id=uuid4(), budget_period=period, amount=1, feature="chat", created_at=now, expires_at=now
    )


def _keys_of_cache() -> list[str]:
    """Of this process's memory, or of the worker's database in Redis."""
    kept: Any = caches["default"]._cache  # type: ignore[attr-defined]  # either cache's own
    return list(kept) if isinstance(kept, dict) else [key.decode() for key in kept.get_client().scan_iter()]


def traces_of(words: list[str], media: Path) -> list[str]:
    """Where any of these stands: in a column of a table, in the name or the content of a file, in the cache or among
    what limits count."""
    found = [f"{place}: {word}" for place, text in _tables() for word in words if word in text]
    for path in media.rglob("*"):
        text = str(path.relative_to(media)) + (path.read_text("utf-8", "replace") if path.is_file() else "")
        found += [f"{path.name}: {word}" for word in words if word in text]
    counted = [*_keys_of_cache(), *getattr(current_limiter().windows, "_windows", {})]
    # allauth's own counts are for a minute; the grace of an erasure is a week.
    counted = [str(key) for key in counted if "allauth:rl:" not in str(key)]
    found += [f"the memory: {key}" for key in counted if any(word in key for word in words)]
    return found


def _tables() -> list[tuple[str, str]]:
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608  # names of ours
            found += [(table, _text(row)) for row in cursor.fetchall()]
    return found


def _text(row: tuple[object, ...]) -> str:
    return " ".join(
        bytes(one).decode("utf-8", "replace") if isinstance(one, bytes | memoryview) else str(one) for one in row
    )
