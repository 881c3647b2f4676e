"""The messages of a file as the tree that we keep: every parent is there, nothing leads in a circle, and what neither
the person nor the model said is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import ngettext

from chat.imports.conversation import HIDDEN, ImportedMessage
from convoscope.trees import downwards

KEPT_ROLES = ("user", "assistant")


@dataclass(frozen=True, slots=True)
class Tree:
    """`messages` in the order of siblings; `places` has for the id of every message of the file that of the message
    which now stands for it, None if nothing is above it."""

    messages: list[ImportedMessage]
    places: dict[str, str | None]
    notes: list[str]


def tree_of(messages: list[ImportedMessage], *, joins_answers: bool) -> Tree:
    notes: list[str] = []
    by_id = _named_once(messages, notes)
    parents = _parents(by_id, notes)
    order = list(downwards(parents))
    places: dict[str, str | None] = {}
    joined: dict[str, ImportedMessage] = {}
    children = Counter(parents.values())
    for one in order:
        message, parent = by_id[one], parents[one]
        above = places[parent] if parent else None
        if message.role not in KEPT_ROLES:
            places[one] = above
        elif joins_answers and above and children[parent] == 1 and _is_answer(message, joined[above]):
            joined[above] = _join(joined[above], message)
            places[one] = above
        else:
            joined[one] = replace(message, id=one, parent=above)
            places[one] = one
    _note_left_out(by_id.values(), notes)
    # Files of our own stand in the order of ids, which stays; others may have a child before its parent.
    names = order if joins_answers else by_id
    return Tree([joined[one] for one in names if one in joined], places, notes)


def _named_once(messages: list[ImportedMessage], notes: list[str]) -> dict[str, ImportedMessage]:
    """A second message of the same id stays, as a sibling that nothing hangs on."""
    by_id: dict[str, ImportedMessage] = {}
    repeated = 0
    for message in messages:
        name = message.id
        if name in by_id:
            repeated += 1
            name = f"{name}\0{repeated}"
        by_id[name] = message
    if repeated:
        words = ngettext(
            "%(count)s message had the id of another; both were kept.",
            "%(count)s messages had the id of another; all were kept.",
            repeated,
        )
        notes.append(words % {"count": repeated})
    return by_id


def _parents(by_id: dict[str, ImportedMessage], notes: list[str]) -> dict[str, str | None]:
    parents = {name: one.parent if one.parent in by_id else None for name, one in by_id.items()}
    if orphans := sum(one.parent is not None and one.parent not in by_id for one in by_id.values()):
        words = ngettext(
            "%(count)s message hung on one that isn't there; it begins a branch.",
            "%(count)s messages hung on one that isn't there; each begins a branch.",
            orphans,
        )
        notes.append(words % {"count": orphans})
    cut, ended = 0, set()
    for name in by_id:
        walk, at = {name}, name
        while at not in ended and (parent := parents[at]) is not None:
            if parent in walk:
                parents[at] = None
                cut += 1
                break
            walk.add(parent)
            at = parent
        ended |= walk
    if cut:
        words = ngettext(
            "Messages led in a circle in %(count)s place; it was opened there.",
            "Messages led in a circle in %(count)s places; it was opened there.",
            cut,
        )
        notes.append(words % {"count": cut})
    return parents


def _is_answer(message: ImportedMessage, above: ImportedMessage) -> bool:
    return message.role == above.role == "assistant"


def _join(first: ImportedMessage, second: ImportedMessage) -> ImportedMessage:
    """One answer, of which a tool was called in the middle."""
    return replace(
        first,
        parts=[*first.parts, *_apart(first.parts, second.parts)],
        files=[*first.files, *second.files],
        model=second.model or first.model,
        status=second.status,
        finished_at=second.finished_at,
    )


def _apart(above: list[dict[str, Any]], below: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kinds = {part["type"] for part in above}
    return [part | {"text": f"\n\n{part['text']}"} if part["type"] in kinds else part for part in below]


def _note_left_out(messages: Iterable[ImportedMessage], notes: list[str]) -> None:
    left_out = Counter(one.role for one in messages if one.role not in (*KEPT_ROLES, HIDDEN))
    for role, count in sorted(left_out.items()):
        role = " ".join(role.split())[:40]
        words = ngettext(
            "%(count)s message of the role “%(role)s” was left out.",
            "%(count)s messages of the role “%(role)s” were left out.",
            count,
        )
        notes.append(words % {"count": count, "role": role})
