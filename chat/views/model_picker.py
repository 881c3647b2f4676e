"""The model picker: a dialog over the page, a page of its own without JavaScript."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.actions.preferences import set_favourite_model
from accounts.models import Preferences, User
from chat import access
from chat.actions.conversations import choose_model
from chat.effective import effective_settings, personal_settings
from chat.health import endpoint_states
from chat.model_choice import in_force, is_usable, model_label, refusal
from chat.model_picker import model_picker
from chat.models import Conversation
from chat.views.contexts import close_dialog, render_dialog
from chat.views.request import HtmxRequest
from convoscope.errors import ValidationFailed


@login_required
@require_http_methods(["GET", "POST"])
def model_pick(request: HtmxRequest) -> HttpResponse:
    """For the conversation to come: what is picked goes into its composer."""
    user = access.person(request.user)
    model, here = request.POST.get("model", ""), reverse("model_pick")
    if request.method == "GET":
        return render_picker(request, user, None, here=here, picked=request.GET.get("model", ""))
    if not is_usable(model, user.id):
        words = refusal(model, user.id) or _("This model isn't switched on here. Choose one of the list.")
        return render_picker(request, user, None, here=here, error=words)
    if not request.htmx:
        return redirect(f"{reverse('chat_new')}?{urlencode({'model': model})}")
    context = {"model": model, **in_force(model, user.id)}
    return close_dialog(render(request, "chat/_model_picked.html", context))


@login_required
@require_http_methods(["GET", "POST"])
def conversation_model(request: HtmxRequest, conversation_id: UUID) -> HttpResponse:
    """For a conversation: what is picked answers from its next question on."""
    user = access.person(request.user)
    conversation = access.get_conversation(request.user, conversation_id)
    here = reverse("conversation_model", args=[conversation.id])
    if request.method == "GET":
        return render_picker(request, user, conversation, here=here)
    try:
        choose_model(
            conversation=conversation,
            model=request.POST.get("model", ""),
            only_this_model="only_this_model" in request.POST,
        )
    except ValidationFailed as error:
        return render_picker(request, user, conversation, here=here, error=error.user_message)
    if not request.htmx:
        return redirect("conversation_detail", conversation.id)
    conversation.refresh_from_db(fields=["settings", "version"])
    context = {"conversation": conversation, **in_force(effective_settings(conversation)["model"], user.id)}
    return close_dialog(render(request, "chat/_model_changed.html", context))


@login_required
@require_POST
def model_favourite(request: HtmxRequest) -> HttpResponse:
    """Star a model, or take its star away: `model` is its full id with a `+` or `-` before it."""
    user = access.person(request.user)
    sign, full_id = request.POST.get("model", "")[:1], request.POST.get("model", "")[1:]
    set_favourite_model(user=user, full_id=full_id, is_favourite=sign == "+")
    if request.htmx:
        context = {"value": full_id, "name": model_label(full_id), "is_favourite": sign == "+"}
        return render(request, "chat/_favourite.html", context)
    return redirect(_sender(request))


def _sender(request: HtmxRequest) -> str:
    """The page of ours that the form was sent from, else the picker."""
    page = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure())
    return page if is_ours else reverse("model_pick")


def render_picker(
    request: HtmxRequest,
    user: User,
    conversation: Conversation | None,
    *,
    here: str,
    is_retry: bool = False,
    picked: str = "",
    error: str = "",
) -> HttpResponse:
    """`here` is where the choice is sent; of a conversation also whether no other model may answer, unless it is a
    retry: then the choice is for that answer alone. `picked` is what a conversation to come has in place of the
    person's own default."""
    chosen = effective_settings(conversation) if conversation else personal_settings(user)
    picker = model_picker(
        Preferences.of(user),
        current=picked if is_usable(picked, user.id) else str(chosen["model"]),
        conversation=conversation,
        states=endpoint_states(),
    )
    context: dict[str, object] = {
        "title": _("Answer with another model") if is_retry else _("Choose the model"),
        "picker": picker,
        "here": here,
        "is_retry": is_retry,
        "may_restrict": conversation is not None and not is_retry,
        "only_this_model": bool(chosen.get("only_this_model")),
        "error": error,
    }
    return render_dialog(request, "chat/_model_picker.html", context, status=422 if error else 200)
