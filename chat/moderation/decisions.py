"""What was decided about a person, as they see it."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from accounts.models import User
from chat.models import Appeal, Look, ModerationAction

# The newest of each; nobody has had that many.
SHOWN = 200


@dataclass(frozen=True, slots=True)
class Decision:
    """`conversation` and `message` are there as long as their owner keeps them."""

    action: ModerationAction
    appeal: Appeal | None

    @property
    def may_appeal(self) -> bool:
        return self.appeal is None and self.action.can_be_undone


def decisions_about(person: User) -> list[Decision]:
    """The newest first."""
    actions = ModerationAction.objects.filter(person=person, kind__in=ModerationAction.DECISIONS)
    actions = actions.select_related("appeal", "undone_by", "conversation", "message").order_by("-id")
    return [Decision(one, getattr(one, "appeal", None)) for one in actions[:SHOWN]]


def looks_at(person: User) -> list[Look]:
    """Under break-glass, at this person's conversations, the newest first; none where they aren't to be told."""
    if not settings.MODERATION_TELLS_OWNERS:
        return []
    looks = Look.objects.filter(owner=person)
    return list(looks.select_related("conversation").order_by("-id")[:SHOWN])


def has_decisions(person: User) -> bool:
    """Whether the page of them has anything to say."""
    if ModerationAction.objects.filter(person=person, kind__in=ModerationAction.DECISIONS).exists():
        return True
    return settings.MODERATION_TELLS_OWNERS and Look.objects.filter(owner=person).exists()


def open_warning(person: User) -> ModerationAction | None:
    """The newest that the person hasn't acknowledged."""
    warnings = ModerationAction.objects.filter(person=person, kind=ModerationAction.Kind.WARN_USER)
    return warnings.filter(acknowledged_at=None, undone_by=None).order_by("-id").first()
