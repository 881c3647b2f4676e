"""What a conversation remembers: one page with its strategy, summary, topics, entities and relations."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from chat import access
from chat.actions.entity_edits import set_topics
from chat.actions.memory import change_memory
from chat.context.entities import read_graph
from chat.context.strategies import strategy_of
from chat.entities.forms import NAMES_LIST, EntityForm, RelationForm, TopicsForm
from chat.entities.panel import Refused, entity_rows, relation_rows
from chat.forms import MemoryForm
from chat.models import Conversation
from convoscope.encrypted_fields import mark_locked
from convoscope.errors import ValidationFailed


@login_required
@require_http_methods(["GET", "POST"])
def conversation_memory(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    conversation = mark_locked(access.get_conversation(request.user, conversation_id))
    form = MemoryForm(request.POST or None, conversation=conversation)
    if form.is_valid():
        try:
            change_memory(conversation=conversation, **form.chosen())
        except ValidationFailed as error:
            form.add_error(error.field, error.user_message)
        else:
            return show_saved(request, conversation)
    return show_memory(request, conversation, form, status=422 if form.is_bound else 200)


@login_required
@require_POST
def conversation_topics(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    conversation = access.get_conversation(request.user, conversation_id)
    form = TopicsForm(request.POST, topics=[])
    if form.is_valid():
        try:
            set_topics(conversation=conversation, topics=form.cleaned_data["topics"])
        except ValidationFailed as error:
            form.add_error(error.field, error.user_message)
        else:
            return show_saved(request, conversation)
    return show_memory(request, conversation, form, status=422)


def show_saved(request: HttpRequest, conversation: Conversation, words: str = "") -> HttpResponse:
    messages.success(request, words or _("Saved. Answers from now on know it."))
    return redirect("conversation_memory", conversation.id)


def show_memory(
    request: HttpRequest,
    conversation: Conversation,
    form: forms.Form,
    *,
    status: int = 200,
    entity_id: str = "",
) -> HttpResponse:
    """The page, with this form in its place: that of an entity or relation with this id, or of a new one."""
    graph = read_graph(conversation, conversation.active_leaf_id)
    refused = Refused(form, entity_id) if entity_id else None
    is_new = form.is_bound and not entity_id
    context = {
        "conversation": conversation,
        "form": form if isinstance(form, MemoryForm) else MemoryForm(conversation=conversation),
        "topics_form": form if isinstance(form, TopicsForm) else TopicsForm(topics=conversation.topic_list),
        "strategy": strategy_of(conversation),
        "entities": list(entity_rows(conversation, graph, refused)),
        "relations": list(relation_rows(conversation, graph, refused)),
        "new_entity": form if is_new and isinstance(form, EntityForm) else EntityForm(),
        "new_relation": form if is_new and isinstance(form, RelationForm) else RelationForm(),
        "names": sorted(one.name for one in graph.entities),
        "names_list": NAMES_LIST,
    }
    return render(request, "chat/conversation_memory.html", context, status=status)
