"""How people find prompts: page by page, while they type a name, and on the empty page."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from accounts.models import User
from chat.models import Prompt
from chat.prompts.variables import is_name

PAGE_PROMPTS = 50
SUGGESTED_PROMPTS = 6
STARTERS = 4


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page of the list begins: behind the prompt of this name and id."""

    name: str
    prompt_id: UUID


@dataclass(frozen=True, slots=True)
class PromptPage:
    """One page of the list. `next` begins the one below, if there is one."""

    prompts: list[Prompt]
    next: Position | None


def list_prompts(user: User, *, words: str = "", behind: Position | None = None) -> PromptPage:
    """A page of what the person may use, by name."""
    listed = Prompt.objects.visible_to(user).matching(words).order_by("name", "id").select_related("team").defer("text")
    if behind is not None:
        is_same_name = Q(name=behind.name, id__gt=behind.prompt_id)
        listed = listed.filter(Q(name__gt=behind.name) | is_same_name)
    found = list(listed[: PAGE_PROMPTS + 1])
    shown = found[:PAGE_PROMPTS]
    last = shown[-1] if len(found) > len(shown) else None
    return PromptPage(shown, Position(last.name, last.id) if last else None)


def suggest_prompts(user: User, *, begun: str, is_whole: bool) -> list[Prompt]:
    """What may be meant by a name that is being typed; once it `is_whole`, only those of just this name."""
    name = begun.lower()
    if begun and not is_name(name):
        return []
    visible = Prompt.objects.visible_to(user)
    found = visible.filter(name=name) if is_whole else visible.matching(name)
    return list(found.nearest_to(user, begun=name).defer("text")[:SUGGESTED_PROMPTS])


def starters_of(user: User) -> list[Prompt]:
    """What the empty page offers: the person's own, else what is shared for it."""
    offered = list(Prompt.objects.visible_to(user).filter(is_starter=True).order_by("name", "id"))
    own = [prompt for prompt in offered if prompt.owner_id == user.id]
    return (own or offered)[:STARTERS]
