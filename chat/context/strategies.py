"""What each strategy gives to the model beside the latest messages. Here alone it is said."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Value
from django.db.models.functions import Coalesce, NullIf

from accounts.models import Preferences
from chat.models import Conversation

# One-hop and two-hop neighbours of what is asked about
NEIGHBOURS = 2


@dataclass(frozen=True, slots=True)
class Strategy:
    """`hops` is how far the neighbours stand of what is asked about that are listed before other entities."""

    has_summary: bool = False
    has_entities: bool = False
    hops: int = 0


Memory = Conversation.Memory
DEFAULT = Memory.HYBRID
STRATEGIES: dict[str, Strategy] = {
    Memory.BUFFER: Strategy(),
    Memory.SUMMARY: Strategy(has_summary=True),
    Memory.ENTITY: Strategy(has_entities=True),
    Memory.GRAPH: Strategy(has_entities=True, hops=NEIGHBOURS),
    Memory.HYBRID: Strategy(has_summary=True, has_entities=True, hops=NEIGHBOURS),
}


def memory_in_force(conversation: Conversation) -> str:
    """The conversation's own choice, else its owner's, else the site's."""
    return conversation.memory or Preferences.of(conversation.owner).memory or DEFAULT


# The same, for a query of conversations.
MEMORY_IN_FORCE = Coalesce(
    NullIf("memory", Value("")), NullIf("owner__preferences__memory", Value("")), Value(DEFAULT.value)
)


def strategy_of(conversation: Conversation) -> Strategy:
    """What is kept of it. Of a temporary chat nothing is."""
    return Strategy() if conversation.is_temporary else STRATEGIES[memory_in_force(conversation)]
