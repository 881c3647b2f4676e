"""What models are told of a person in every conversation: cleaned, and bounded by what a context has room for."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from accounts.actions import remembering
from accounts.models import Preferences, User
from chat.actions.guarding import pass_text
from chat.actions.text import clean_line, clean_paragraphs
from chat.context.person import text_of
from convoscope.errors import ValidationFailed
from convoscope.numbers import number
from providers.tokens import count_text_tokens

# Half of what the instructions of a context may take: the other half is the conversation's own prompt's.
PERSONAL_MAX_TOKENS = 1_000
FACT_MAX_CHARS = 300


def set_instructions(*, user: User, instructions: str, tells_models: bool) -> None:
    """Raises: ValidationFailed for more than there is room for, or what a policy refuses."""
    cleaned = clean_paragraphs(instructions).strip()
    cleaned = pass_text(cleaned, owner_id=user.id, field="instructions").text
    remembering.set_instructions(
        user=user, instructions=cleaned, tells_models=tells_models, check=_refuse_too_much("instructions")
    )


def add_fact(*, user: User, text: str) -> None:
    """Raises: ValidationFailed for a blank fact, one that is too long, more than there is room for, or what a policy
    refuses."""
    remembering.add_fact(user=user, text=_fact(text, user), check=_refuse_too_much("text"))


def change_fact(*, user: User, fact_id: UUID, text: str) -> None:
    """Raises: ValidationFailed, like `add_fact`."""
    remembering.change_fact(user=user, fact_id=fact_id, text=_fact(text, user), check=_refuse_too_much("text"))


def _fact(text: str, user: User) -> str:
    cleaned = clean_line(text, max_chars=FACT_MAX_CHARS + 1)
    if not cleaned:
        raise ValidationFailed(_("Please enter what is to be remembered"), field="text")
    if len(cleaned) > FACT_MAX_CHARS:
        raise ValidationFailed(
            _("A fact has %(limit)d characters at most. Shorten it, or make two of it.") % {"limit": FACT_MAX_CHARS},
            field="text",
        )
    return pass_text(cleaned, owner_id=user.id).text


def _refuse_too_much(field: str) -> remembering.Check:
    def check(preferences: Preferences) -> None:
        tokens = count_text_tokens(text_of(preferences))
        if tokens > PERSONAL_MAX_TOKENS:
            raise ValidationFailed(
                _(
                    "Instructions and facts would have about %(tokens)s tokens together; the limit is %(limit)s. "
                    "Shorten them, or forget a fact."
                )
                % {"tokens": number(tokens), "limit": number(PERSONAL_MAX_TOKENS)},
                field=field,
            )

    return check
