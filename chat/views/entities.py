"""The named things of a conversation and their relations: added, changed and removed by its owner, on its page of
memory."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from chat import access
from chat.actions import entity_edits
from chat.entities.forms import EntityForm, RelationForm
from chat.models import Conversation
from chat.views.memory import show_memory, show_saved
from convoscope.errors import ValidationFailed


@login_required
@require_POST
def entity_add(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    conversation = access.get_conversation(request.user, conversation_id)
    form = EntityForm(request.POST)
    return _save(request, conversation, form, partial(entity_edits.add_entity, conversation=conversation))


@login_required
@require_POST
def entity_change(request: HttpRequest, conversation_id: UUID, entity_id: UUID) -> HttpResponse:
    conversation = access.get_conversation(request.user, conversation_id)
    entity = access.get_entity(conversation, entity_id)
    form = EntityForm(request.POST, entity=entity)
    change = partial(entity_edits.change_entity, conversation=conversation, entity=entity)
    return _save(request, conversation, form, change, own_id=entity.id)


@login_required
@require_POST
def entity_remove(request: HttpRequest, conversation_id: UUID, entity_id: UUID) -> HttpResponse:
    conversation = access.get_conversation(request.user, conversation_id)
    entity = access.get_entity(conversation, entity_id)
    entity_edits.remove_entity(conversation=conversation, entity=entity)
    return show_saved(request, conversation, _("Removed: “%(name)s”") % {"name": entity.name})


@login_required
@require_POST
def relation_add(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    conversation = access.get_conversation(request.user, conversation_id)
    form = RelationForm(request.POST)
    return _save(request, conversation, form, partial(entity_edits.add_relation, conversation=conversation))


@login_required
@require_POST
def relation_change(request: HttpRequest, conversation_id: UUID, relation_id: UUID) -> HttpResponse:
    conversation = access.get_conversation(request.user, conversation_id)
    relation = access.get_relation(conversation, relation_id)
    form = RelationForm(request.POST, relation_id=relation.id)
    change = partial(entity_edits.change_relation, conversation=conversation, relation=relation)
    return _save(request, conversation, form, change, own_id=relation.id)


@login_required
@require_POST
def relation_remove(request: HttpRequest, conversation_id: UUID, relation_id: UUID) -> HttpResponse:
    conversation = access.get_conversation(request.user, conversation_id)
    relation = access.get_relation(conversation, relation_id)
    entity_edits.remove_relation(conversation=conversation, relation=relation)
    return show_saved(request, conversation, _("Removed: “%(name)s”") % {"name": relation.kind})


def _save(
    request: HttpRequest,
    conversation: Conversation,
    form: EntityForm | RelationForm,
    change: Callable[..., None],
    *,
    own_id: str = "",
) -> HttpResponse:
    """What was refused is shown again, as it was typed."""
    if form.is_valid():
        try:
            change(said=form.said())
        except ValidationFailed as error:
            form.add_error(error.field, error.user_message)
        else:
            return show_saved(request, conversation)
    return show_memory(request, conversation, form, status=422, entity_id=own_id)
