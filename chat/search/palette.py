"""What the command palette lists: what can be done, the latest conversations, and what a search finds as one types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Role, User
from accounts.roles import has_role
from chat.models import Conversation
from chat.search.folding import fold
from chat.search.query import Query, parse_query
from chat.search.results import Filters, FoundConversation, Hit, PageSize, search_everywhere
from chat.search.snippets import Piece, highlight

RECENT = 6
FOUND = PageSize(conversations=8, hits=1)


@dataclass(frozen=True, slots=True)
class Action:
    """Something to do: a page at `address`, a `theme`, or what the page itself has behind the element `press`."""

    label: str
    address: str = ""
    press: str = ""
    theme: str = ""
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One of the list. `number` tells it from the others of the page."""

    number: int
    label: list[Piece]
    action: Action | None = None
    conversation: Conversation | None = None
    hit: Hit | None = None


@dataclass(frozen=True, slots=True)
class Group:
    heading: str
    rows: list[Row] = field(default_factory=list)


def palette(user: User, typed: str, *, zone: ZoneInfo) -> list[Group]:
    """The groups that have rows. What can be done comes first: it is named exactly, or not at all."""
    query = parse_query(typed)
    numbers = count(1)
    groups = [Group(_("Actions"), [_action_row(next(numbers), one, query) for one in _matching(user, typed)])]
    if query.wanted:
        found = search_everywhere(user, query, filters=Filters(), zone=zone, size=FOUND)
        titles = [_found_row(next(numbers), one) for one in found.titles]
        said = [_found_row(next(numbers), one) for one in found.conversations[: FOUND.conversations - len(titles)]]
        groups += [Group(_("Titles"), titles), Group(_("Messages"), said)]
    elif not typed.strip():
        recent = Conversation.objects.visible_to(user).listed().defer("settings", "metadata")[:RECENT]
        rows = [Row(next(numbers), [Piece(one.title)], conversation=one) for one in recent]
        groups.insert(0, Group(_("Recent"), rows))
    return [group for group in groups if group.rows]


def _action_row(number: int, action: Action, query: Query) -> Row:
    return Row(number, highlight(action.label, query), action=action)


def _found_row(number: int, found: FoundConversation) -> Row:
    topics = [Piece(" · "), *found.topics] if found.topics else []
    return Row(number, [*found.title, *topics], conversation=found.conversation, hit=next(iter(found.hits), None))


def _matching(user: User, typed: str) -> Iterator[Action]:
    """Those of which each typed word begins one."""
    words = fold(typed).split()
    for action in _actions(user):
        label = fold(action.label).split()
        if all(any(one.startswith(word) for one in label) for word in words):
            yield action


def _actions(user: User) -> Iterable[Action]:
    yield Action(_("New conversation"), reverse("chat_new"), keys=("Ctrl", "Shift", "O"))
    yield Action(_("Temporary chat"), f"{reverse('chat_new')}?temporary=yes", keys=("Ctrl", "Shift", "'"))
    yield Action(_("Choose the model"), press=".composer .chip", keys=("Ctrl", "Shift", "M"))
    yield Action(_("Show or hide the sidebar"), press=".to-sidebar", keys=("Ctrl", "Shift", "S"))
    for value, label in User.Theme.choices:
        yield Action(_("Theme: %(name)s") % {"name": label}, theme=value)
    yield from _pages_of_ones_own()
    yield Action(_("Keyboard shortcuts"), press='#account-menu [href="/shortcuts/"]', keys=("Ctrl", "/"))
    yield Action(_("Status"), reverse("status"))
    yield from _actions_of_roles(user)


def _pages_of_ones_own() -> Iterable[Action]:
    yield Action(_("Select several"), reverse("conversations_manage"))
    yield Action(_("Archive"), reverse("archive"))
    yield Action(_("Trash"), reverse("trash"))
    yield Action(_("Preferences"), reverse("preferences"))
    yield Action(_("Memory"), reverse("memory"))
    yield Action(_("Prompts"), reverse("prompt_list"))
    yield Action(_("My usage"), reverse("usage"))
    if settings.OWN_KEYS_ALLOWED:
        yield Action(_("My provider keys"), reverse("own_key_list"))
    yield Action(_("Exports"), reverse("exports"))
    yield Action(_("Import"), reverse("imports"))
    if settings.SHARING_ALLOWED:
        yield Action(_("Shared links"), reverse("share_list"))
    yield Action(_("Privacy"), reverse("privacy"))


def _actions_of_roles(user: User) -> Iterable[Action]:
    if has_role(user, Role.ANALYST):
        yield Action(_("Reports"), reverse("reports"))
        yield Action(_("Experiments"), reverse("experiments"))
    if user.is_superuser:
        yield Action(_("Inspect"), reverse("inspect_lookup"))
        yield Action(_("Providers"), reverse("providers"))
        yield Action(_("Budgets"), reverse("budgets"))
        yield Action(_("Sign-ins by providers"), reverse("claim_mapping"))
        yield Action(_("Background tasks"), reverse("task_list"))
    if user.is_staff:
        yield Action(_("Administration"), reverse("admin:index"))
