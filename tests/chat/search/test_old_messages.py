"""What is found in years of messages: all of it, the newest first, wherever it stands and however it is paged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from accounts.models import User
from chat.models import Conversation, Message
from chat.search.index import Matches, Scope, entry_id, matches
from chat.search.postgresql import ENOUGH, NAMES_AMONG, NEWEST_ENTRIES
from chat.search.query import parse_query
from tests.chat.search.conftest import Say

CROWD = 200
NOW = timezone.now().replace(microsecond=0)
DAY = timedelta(days=1)
# By the word that they have.
MOMENTS = {
    "today": [NOW - timedelta(minutes=number) for number in range(30)],
    "monthly": [NOW - 20 * DAY * number for number in range(60)],
    "longago": [NOW - 1900 * DAY - 10 * DAY * number for number in range(15)],
    "crowd": [NOW - 1200 * DAY - DAY * number / 2 for number in range(2 * CROWD)],
    "once": [NOW - 2500 * DAY],
    "strange": [datetime(1, 1, 1, tzinfo=UTC), NOW, datetime(9999, 1, 1, tzinfo=UTC)],
    "nowhere": [],
}
NEVER_BEFORE, NEVER_AFTER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
BOUNDS = [
    (None, None),
    (NOW - 1300 * DAY, None),
    (None, NOW - 1250 * DAY),
    (NOW - 1350 * DAY, NOW - 700 * DAY),
    (NOW - 1990 * DAY, NOW - 1230 * DAY),
    (NOW - 10 * DAY, NOW + DAY),
    (NOW + DAY, None),
]


def said_at(conversation: Conversation, text: str, moments: Sequence[datetime]) -> list[Message]:
    made = [Message(conversation=conversation, role="user", text=text) for _ in moments]
    Message.objects.bulk_create(made)
    for message, moment in zip(made, moments, strict=True):
        message.created_at = moment
    Message.objects.bulk_update(made, ["created_at"])
    return made


@pytest.fixture
def years(say: Say) -> dict[str, list[Message]]:
    """By their word, beneath more messages without any than are looked at one by one."""
    conversation = say("first").conversation
    Message.objects.bulk_create(
        [Message(conversation=conversation, role="user", text="nothing") for _ in range(NEWEST_ENTRIES)]
    )
    said = {word: said_at(conversation, f"{word} pool", moments) for word, moments in MOMENTS.items()}
    return said | {"pool": [message for those in said.values() for message in those]}


def paged(typed: str, scope: Scope, *, limit: int) -> list[UUID]:
    """All that is found, page by page."""
    found: list[UUID] = []
    while True:
        page = matches(parse_query(typed), scope, limit=limit)
        assert len(page.entries) <= limit
        found += [one.message_id for one in page.entries if one.message_id]
        if page.is_over:
            return found
        scope = replace(scope, until=page.entries[-1].entry_id)


@pytest.mark.parametrize("limit", [2, ENOUGH, 100, 3 * CROWD])
def test_all_is_found_the_newest_first_however_it_is_paged(
    years: dict[str, list[Message]], alice: User, limit: int
) -> None:
    for (since, until), (word, messages) in product(BOUNDS, years.items()):
        # By twos are few only.
        if limit > 2 or len(messages) < 20:
            scope = Scope(
                owner_id=alice.id,
                since=None if since is None else entry_id(since),
                until=None if until is None else entry_id(until),
            )
            wanted = [one for one in messages if (since or NEVER_BEFORE) <= one.created_at < (until or NEVER_AFTER)]
            moments = {one.id: one.created_at for one in messages}
            # The word, its beginning, a phrase or what is without another.
            for typed in (f"{word} ", word[:-1], f'"{word} pool"' if word != "pool" else "pool -nothing"):
                found = paged(typed, scope, limit=limit)
                assert set(found) == {one.id for one in wanted}
                assert [moments[one] for one in found] == sorted((one.created_at for one in wanted), reverse=True)


@pytest.mark.parametrize("limit", [1, 2, 50])
def test_somebody_with_one_entry_has_it_found(
    years: dict[str, list[Message]], say: Say, charlie: User, limit: int
) -> None:
    conversation = Conversation.objects.create(owner=charlie, active_at=NOW)
    [message] = said_at(conversation, "crowd pool", [NOW - 1200 * DAY])
    for typed, wanted in (("crowd", [message.id]), ("pool ", [message.id]), ("longago", [])):
        assert paged(typed, Scope(owner_id=charlie.id), limit=limit) == wanted


def test_without_a_model_or_a_conversation_that_is_not_asked_for(years: dict[str, list[Message]], alice: User) -> None:
    crowd = years["crowd"]
    Message.objects.filter(id__in=[one.id for one in crowd[::2]]).update(role="assistant", model="gpt-4.1")
    scope = Scope(owner_id=alice.id, model="gpt-4.1")
    assert paged("crowd ", scope, limit=100) == [one.id for one in crowd[::2]]
    conversation = crowd[0].conversation
    assert len(paged("crowd ", replace(scope, among=(conversation.id,)), limit=100)) == CROWD
    many = tuple(uuid4() for _ in range(NAMES_AMONG))
    assert len(paged("crowd ", replace(scope, among=(*many, conversation.id)), limit=100)) == CROWD
    for among in (many[:1], many, (*many, alice.id)):
        assert paged("crowd ", replace(scope, among=among), limit=100) == []
    assert matches(parse_query("crowd"), scope, outside=[conversation.id], limit=100) == Matches([], is_over=True)
