"""What policies refuse, or take out, before a text is kept and any model is given it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.guards.contract import Category, Finding
from chat.guards.looking import look_for
from chat.guards.policies import policy_for
from chat.guards.redaction import PII_CATEGORIES, redact, redact_json
from chat.models import Attachment, GuardRule
from convoscope.errors import ValidationFailed

# Of what is refused so many are named, each by so much of it.
NAMED = 3
EXCERPT_CHARS = 40
# Of what is nobody else's business only its beginning is repeated; of what can't be seen, what stands around it.
BEGINNING_CHARS = 2
AROUND_CHARS = 15

TEXT_REFUSED = gettext_lazy("This can't be sent here: %(found)s. Take it out, then send again.")
FILE_REFUSED = gettext_lazy("The file %(name)s can't be sent here: %(found)s. Remove it, or attach one without that.")


class Refused(ValidationFailed):
    """By a policy. Seen by who wrote it, beside what they wrote."""

    code = "CONTENT_FILTERED"


@dataclass(frozen=True, slots=True)
class Passed:
    """`text` is what may be kept and sent; `notice` says what was taken out of it, to who wrote it."""

    text: str
    notice: str = ""


def pass_text(text: str, *, owner_id: UUID, field: str = "text") -> Passed:
    """Raises: Refused for what a policy blocks."""
    policy = policy_for(owner_id)
    blocked = policy.categories("input", "block")
    redacted = policy.categories("input", "redact")
    found = look_for(blocked | redacted, text, "input")
    if refused := [one for one in found if one.category in blocked]:
        raise Refused(TEXT_REFUSED % {"found": _named(text, refused)}, field=field)
    if not found:
        return Passed(text)
    labels = ", ".join(dict.fromkeys(label_of(one.category) for one in found))
    return Passed(redact(text, found), _("Taken out before this was kept and sent: %(what)s.") % {"what": labels})


def require_passable(attached: Iterable[Attachment], *, owner_id: UUID) -> None:
    """Raises: Refused for a file whose text, or name, a policy blocks."""
    for one in attached:
        text = f"{one.name}\n{one.text}"
        if refused := look_for(policy_for(owner_id).categories("retrieved", "block"), text, "retrieved"):
            raise Refused(
                FILE_REFUSED % {"name": one.name, "found": _named(text, refused, lines_before=1)}, field="attachments"
            )


def pass_made(text: str, *, owner_id: UUID, is_json: bool = False) -> str:
    """What a model made of a conversation beside its answers, such as a title, as it may be kept: by the rules for
    answers. Nobody waits for it who could be told of a refusal, so what a policy blocks is taken out too."""
    categories = policy_for(owner_id).categories("output", "redact", "block")
    found = look_for(categories, text, "output") if categories else []
    return redact_json(text, found) if is_json else redact(text, found)


def blocks_files(owner_id: UUID) -> bool:
    """Whether what files say has to be read before they are sent."""
    return bool(policy_for(owner_id).categories("retrieved", "block"))


def _named(text: str, found: Sequence[Finding], *, lines_before: int = 0) -> str:
    """What was found, each with where it stands, without saying the whole of it again."""
    named = []
    for one in found[:NAMED]:
        line = text.count("\n", 0, one.start) + 1 - lines_before
        words = _("%(what)s “%(excerpt)s” in line %(line)d") if line else _("%(what)s “%(excerpt)s” in the name")
        named.append(words % {"what": label_of(one.category), "excerpt": _excerpt(text, one), "line": line})
    if len(found) > NAMED:
        named.append(_("and %(count)d more") % {"count": len(found) - NAMED})
    return ", ".join(named)


def _excerpt(text: str, found: Finding) -> str:
    if found.category in PII_CATEGORIES:
        return text[found.start : found.start + BEGINNING_CHARS] + "…"
    around = AROUND_CHARS if found.category == "invisible" else 0
    said = text[max(0, found.start - around) : found.end + around]
    seen = " ".join("".join(one for one in said if one.isprintable() or one.isspace()).split())
    return seen if len(seen) <= EXCERPT_CHARS else seen[:EXCERPT_CHARS] + "…"


def label_of(category: Category) -> str:
    return str(GuardRule.Category(category).label)
