"""What a person thinks of an answer."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from chat.actions.text import clean_paragraphs
from chat.models import Message
from convoscope.errors import ValidationFailed
from convoscope.numbers import number

COMMENT_MAX_CHARS = 2_000


def rate_message(*, message: Message, feedback: str) -> None:
    """Call an answer good or bad; "" takes that back. A comment stays, unread until the answer is rated anew: it was
    typed, and one click must not lose it.

    Raises: ValidationFailed if it is no finished answer, or there is no such feedback.
    """
    if feedback and feedback not in Message.Feedback.values:
        raise ValidationFailed(_("An answer is good or bad."), field="feedback")
    if message.role != Message.Role.ASSISTANT or message.is_unfinished:
        raise ValidationFailed(_("Only a finished answer can be rated."), field="feedback")
    message.feedback = feedback
    message.feedback_at = timezone.now() if feedback else None
    message.save(update_fields=["feedback", "feedback_at"])


def comment_on_message(*, message: Message, comment: str) -> None:
    """Say more about an answer that was rated; a blank comment removes it.

    Raises: ValidationFailed if it was not rated, or the comment is too long; Unreadable if nobody can read the former
    one, which is kept.
    """
    comment = clean_paragraphs(comment).strip()
    # What nobody can read isn't written over.
    _former = message.feedback_comment
    if len(comment) > COMMENT_MAX_CHARS:
        raise ValidationFailed(
            _("This comment has %(length)s characters; the limit is %(limit)s.")
            % {"length": number(len(comment)), "limit": number(COMMENT_MAX_CHARS)},
            field="comment",
        )
    # Another tab may have taken the rating back since the page was read.
    rated = Message.objects.filter(id=message.id).exclude(feedback="")
    if not rated.update(feedback_comment=comment, feedback_at=timezone.now()):
        raise ValidationFailed(_("Call the answer good or bad first."), field="comment")
    message.feedback_comment = comment
