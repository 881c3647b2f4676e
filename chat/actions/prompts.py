"""What a person does to the prompts they keep."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypedDict, Unpack

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions.people import hold
from accounts.models import Membership, Team, User
from chat.actions.branches import DELETED_KEPT
from chat.actions.text import clean_line, clean_paragraphs, is_blank
from chat.models import Prompt
from chat.models.prompt import PromptQuerySet
from chat.prompts.variables import NAME_MAX_CHARS, is_name, variables_of
from chat.retention import unheld
from convoscope.errors import FieldErrors, ValidationFailed
from convoscope.numbers import number

TITLE_MAX_CHARS = 100
DESCRIPTION_MAX_CHARS = 200
TEXT_MAX_CHARS = 20_000
# Each is a field of the form that asks for them.
MAX_VARIABLES = 20
MAX_STARTERS = 4


class PromptFields(TypedDict):
    name: str
    title: str
    description: str
    text: str
    is_starter: bool
    is_shared: bool
    team: Team | None


def create_prompt(*, owner: User, **fields: Unpack[PromptFields]) -> Prompt:
    """Raises: ValidationFailed for what can't be kept, with all the fields it is about."""
    with _unique_name():
        return Prompt.objects.create(owner=owner, **_cleaned(owner, fields))


def change_prompt(*, prompt: Prompt, **fields: Unpack[PromptFields]) -> Prompt:
    """Raises: ValidationFailed for what can't be kept, with all the fields it is about."""
    with _unique_name():
        Prompt.objects.filter(id=prompt.id).update(**_cleaned(prompt.owner, fields, prompt=prompt))
    prompt.refresh_from_db()
    return prompt


def duplicate_prompt(*, prompt: Prompt, by: User) -> Prompt:
    """A copy of their own, under the same name if they have none of it yet. It is neither shared nor a starter."""
    copied = {"title": prompt.title, "description": prompt.description, "text": prompt.text}
    taken = set(Prompt.objects.present().filter(owner=by).values_list("name", flat=True))
    number = 1
    while (name := _numbered(prompt.name, number)) in taken:
        number += 1
    with _unique_name():
        return Prompt.objects.create(owner=by, name=name, **copied)


def use_prompt(*, prompt: Prompt, by: User) -> None:
    """Its owner used it now."""
    if prompt.owner_id == by.id:
        Prompt.objects.filter(id=prompt.id).update(used_at=timezone.now())


def delete_prompt(*, prompt: Prompt) -> None:
    """`restore_prompt` brings it back."""
    Prompt.objects.present().filter(id=prompt.id).update(deleted_at=timezone.now())


def restore_prompt(*, prompt: Prompt) -> bool:
    """Bring it back; as no starter if there is no room for it any more. Returns whether it is what it was.

    Raises: ValidationFailed if another has its name meanwhile.
    """
    was_starter = prompt.is_starter
    with _unique_name():
        is_starter = was_starter and _has_starter_room(prompt.owner, prompt)
        Prompt.objects.filter(id=prompt.id).update(deleted_at=None, is_starter=is_starter)
    prompt.deleted_at, prompt.is_starter = None, is_starter
    return is_starter == was_starter


def purge_deleted_prompts() -> int:
    """Take what can't be brought back any more out of the database. Returns how many."""
    return unheld(Prompt.objects.filter(deleted_at__lt=timezone.now() - DELETED_KEPT)).delete()[0]


def _cleaned(owner: User, fields: PromptFields, *, prompt: Prompt | None = None) -> PromptFields:
    """What is stored of them, for a new prompt or in place of what one had. For the transaction that stores it.

    Raises: ValidationFailed, with all the fields that are wrong.
    """
    errors = FieldErrors()
    name = title = text = ""
    with errors.gathered():
        name = _cleaned_name(fields["name"], owner, prompt)
    with errors.gathered():
        title = clean_line(fields["title"], max_chars=TITLE_MAX_CHARS)
        if is_blank(title):
            raise ValidationFailed(_("Enter a title, to know it by in the list."), field="title")
    with errors.gathered():
        text = _cleaned_text(fields["text"])
    with errors.gathered():
        if fields["is_starter"] and not _has_starter_room(owner, prompt):
            raise ValidationFailed(
                _("%(limit)s of your prompts are on the empty page already. Take one off first.")
                % {"limit": MAX_STARTERS},
                field="is_starter",
            )
    with errors.gathered():
        if fields["is_shared"] and not owner.is_superuser:
            raise ValidationFailed(
                _("Only an administrator can share a prompt with everybody here."), field="shared_with"
            )
        if fields["team"] and not Membership.objects.filter(user=owner, team=fields["team"]).exists():
            raise ValidationFailed(_("You aren't in this team any more. Choose another one."), field="shared_with")
    errors.raise_found()
    return {
        "name": name,
        "title": title,
        "description": clean_line(fields["description"], max_chars=DESCRIPTION_MAX_CHARS),
        "text": text,
        "is_starter": fields["is_starter"],
        "is_shared": fields["is_shared"],
        "team": fields["team"],
    }


def _cleaned_name(raw: str, owner: User, prompt: Prompt | None) -> str:
    name = unicodedata.normalize("NFC", raw.strip().removeprefix("/").lower())
    if not name:
        raise ValidationFailed(_("Enter a name."), field="name")
    if not is_name(name):
        raise ValidationFailed(
            _("Use letters, digits, “-” and “_”, at most %(limit)s of them.") % {"limit": NAME_MAX_CHARS}, field="name"
        )
    # Of two at once the database refuses the later; asked here, it is said with what else is wrong.
    if _others(owner, prompt).filter(name=name).exists():
        raise _name_taken()
    return name


def _has_starter_room(owner: User, prompt: Prompt | None) -> bool:
    """Whether there is room for this one beside the others, or for a new one, to the transaction's end."""
    hold(owner)
    return _others(owner, prompt).filter(is_starter=True).count() < MAX_STARTERS


def _others(owner: User, prompt: Prompt | None) -> PromptQuerySet:
    """All there are of this person, but the one that is being changed."""
    present = Prompt.objects.present().filter(owner=owner)
    return present.exclude(id=prompt.id) if prompt else present


def _cleaned_text(raw: str) -> str:
    text = clean_paragraphs(raw)
    if is_blank(text):
        raise ValidationFailed(_("Enter the text that the prompt stands for."), field="text")
    if len(text) > TEXT_MAX_CHARS:
        raise ValidationFailed(
            _("This text has %(length)s characters; the limit is %(limit)s. Shorten it, or keep it as two prompts.")
            % {"length": number(len(text)), "limit": number(TEXT_MAX_CHARS)},
            field="text",
        )
    if len(variables_of(text)) > MAX_VARIABLES:
        raise ValidationFailed(
            _("A prompt asks for at most %(limit)s different variables.") % {"limit": MAX_VARIABLES}, field="text"
        )
    return text


def _numbered(name: str, number: int) -> str:
    ending = f"-{number}" if number > 1 else ""
    return name[: NAME_MAX_CHARS - len(ending)] + ending


@contextmanager
def _unique_name() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except IntegrityError as exc:
        raise _name_taken() from exc


def _name_taken() -> ValidationFailed:
    return ValidationFailed(_("You have another prompt of this name. Choose another name."), field="name")
