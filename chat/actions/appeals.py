"""Appeals: what people say against decisions about them, and what comes of it."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions.audit import record
from accounts.models import User
from chat.actions.flags import NotTheirs, clean_reason, require_length
from chat.actions.moderation import restore
from chat.actions.text import clean_paragraphs
from chat.models import Appeal, ModerationAction
from chat.moderation.judges import load_judges
from convoscope.errors import ValidationFailed

APPEAL_MAX_CHARS = 2_000


def appeal(*, action: ModerationAction, text: str) -> Appeal:
    """Once for each decision.

    Raises: ValidationFailed for a second one, for what was taken back, and for a text that is blank or too long.
    """
    text = require_length(clean_paragraphs(text).strip(), APPEAL_MAX_CHARS, field="text")
    if not text:
        raise ValidationFailed(_("Say why the decision should be taken back."), field="text")
    if not action.can_be_undone:
        raise ValidationFailed(_("This was taken back already."), field="text")
    try:
        with transaction.atomic():
            made = Appeal.objects.create(action=action, text=text)
            record("appeal.made", by=action.person, on=action, concerns=action.person)
    except IntegrityError:
        raise ValidationFailed(
            _("You have appealed against this already. Its answer will stand here."), field="text"
        ) from None
    return made


def decide_appeal(*, appeal: Appeal, outcome: str, answer: str, by: User) -> None:
    """Granted, the decision is taken back. The person reads the answer, and that it is by who took the decision, where
    nobody else might give it.

    Raises: ValidationFailed if it was decided already, or without an answer; NotTheirs.
    """
    answer = clean_reason(answer)
    if outcome not in Appeal.Outcome.values:
        raise ValidationFailed(_("Grant the appeal or refuse it."), field="outcome")
    with transaction.atomic():
        held = Appeal.objects.select_for_update(of=("self",)).select_related("action__person")
        found = held.filter(pk=appeal.pk).first()
        if found is None:
            raise ValidationFailed(_("This is gone: its owner deleted it meanwhile."))
        appeal, action = found, found.action
        judges = load_judges()
        if refused := judges.refusal(by, action):
            raise NotTheirs(refused)
        if appeal.outcome:
            raise ValidationFailed(_("This appeal was decided already."))
        if outcome == Appeal.Outcome.GRANTED and action.can_be_undone:
            restore(action=action, reason=answer, by=by)
        appeal.outcome, appeal.answer, appeal.decided_by, appeal.decided_at = outcome, answer, by, timezone.now()
        appeal.has_same_judge = judges.is_only_one(by, action)
        appeal.save(update_fields=["outcome", "answer", "decided_by", "decided_at", "has_same_judge"])
        details = {"same_judge": True} if appeal.has_same_judge else None
        record(f"appeal.{outcome}", by=by, on=action, concerns=action.person, reason=answer, details=details)
