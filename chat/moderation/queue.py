"""The queue: open flags, the most severe first, of the same severity the oldest; a page at a time, entered by its place
in the index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms

from chat.models import Flag
from chat.models.moderation import Category, FlagQuerySet

PAGE_FLAGS = 50


@dataclass(frozen=True, slots=True)
class QueuePage:
    """`next` is the query of the page that follows; blank for none."""

    flags: list[Flag]
    count: int
    next: str


class QueueForm(forms.Form):
    """What of the queue is shown, and after which place."""

    category = forms.ChoiceField(required=False, choices=[("", ""), *Category.choices])
    source = forms.ChoiceField(required=False, choices=[("", ""), *Flag.Source.choices])
    severity = forms.IntegerField(required=False)
    after = forms.UUIDField(required=False)

    def chosen(self) -> dict[str, Any]:
        """What makes no sense is left out."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


def queue_page(asked: QueueForm) -> QueuePage:
    chosen = asked.chosen()
    wanted = Flag.objects.open().filter(**{name: chosen[name] for name in ("category", "source") if name in chosen})
    count = wanted.count()
    if "severity" in chosen and "after" in chosen:
        wanted = _behind(wanted, chosen["severity"], chosen["after"])
    related = wanted.select_related("conversation__owner", "claimed_by", "reporter")
    found = list(related.in_queue_order()[: PAGE_FLAGS + 1])
    flags = found[:PAGE_FLAGS]
    following = ""
    if len(found) > PAGE_FLAGS:
        kept = {name: chosen[name] for name in ("category", "source") if name in chosen}
        place = kept | {"severity": flags[-1].severity, "after": flags[-1].id}
        following = "&".join(f"{name}={value}" for name, value in place.items())
    return QueuePage(flags, count, following)


def next_in_queue(flag: Flag | None, conversation_id: UUID) -> Flag | None:
    """The flag of another conversation that a moderator comes to after this one; without one, the first."""
    others = Flag.objects.open().exclude(conversation=conversation_id).in_queue_order()
    behind = _behind(others, flag.severity, flag.id).first() if flag is not None else None
    return behind or others.first()


def _behind(flags: FlagQuerySet, severity: int, flag_id: UUID) -> FlagQuerySet:
    # Said so, the place is where the index is entered.
    return flags.filter(severity__lte=severity).exclude(severity=severity, id__lte=flag_id)
