"""What the forms of messages send, made a turn, with files that come with them where there is no JavaScript."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.core.files.base import File

from accounts.models import User
from chat import access
from chat.actions.attachments import create_attachment, require_count
from chat.actions.turns import Turn, repeated_turn, submit_turn
from chat.forms import TurnForm
from chat.views.request import HtmxRequest
from convoscope.errors import ValidationFailed


def submit(
    request: HtmxRequest, form: TurnForm, *, conversation_id: UUID | None, edited_id: UUID | None = None
) -> Turn:
    """Files that come with the message are named among the form's `attachments` from here on, so that they are kept
    where it is refused.

    Raises: what `submit_turn` and `create_attachment` do, and ValidationFailed for too many files.
    """
    owner, uploads = access.person(request.user), request.FILES.getlist("files")
    if uploads:
        if turn := _repeated(owner, form, uploads, conversation_id=conversation_id, edited_id=edited_id):
            return turn
        require_count([*form.data.getlist("attachments"), *uploads])
        for upload in uploads:
            form.data.appendlist("attachments", str(create_attachment(owner=owner, upload=upload).id))
    fields = form.turn() if conversation_id else form.first_turn()
    return submit_turn(owner=owner, conversation_id=conversation_id, edited_id=edited_id, **fields)


def _repeated(
    owner: User,
    form: TurnForm,
    uploads: Sequence[File[Any]],
    *,
    conversation_id: UUID | None,
    edited_id: UUID | None,
) -> Turn | None:
    try:
        fields = form.turn()
        return repeated_turn(
            owner=owner,
            conversation_id=conversation_id,
            text=fields["text"],
            turn_key=fields["turn_key"],
            place_id=edited_id or fields["parent_id"],
            attachments=fields["attachments"],
            without=fields["without"],
            uploads=uploads,
        )
    except ValidationFailed:
        # What can't be sent was never sent; what is wrong is said once its files are kept.
        return None
