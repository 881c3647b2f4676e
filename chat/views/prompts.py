"""The prompt library: its pages, and the prompts that are called in the message field."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.zones import zone_of
from chat import access
from chat.actions import prompts
from chat.actions.text import clean_line, clean_paragraphs
from chat.models import Prompt
from chat.prompts.filling import known_values, questions_of
from chat.prompts.forms import FillForm, LinkForm, ListForm, PromptForm, begun_by
from chat.prompts.library import list_prompts, suggest_prompts
from chat.prompts.variables import fill
from chat.views.contexts import close_dialog, new_chat_context, render_dialog
from chat.views.request import HtmxRequest
from convoscope.errors import ValidationFailed

SOURCE_TITLE_CHARS = 60


@login_required
@require_GET
def prompt_list(request: HtmxRequest) -> HttpResponse:
    """What the person may use, by name, a page at a time; after a deletion without JavaScript also the way back."""
    form = ListForm(request.GET)
    page = list_prompts(access.person(request.user), behind=form.behind(), words=form.words())
    if request.htmx:
        return render(request, "chat/_prompts.html", {"page": page, "words": form.words()})
    deleted_id = LinkForm(request.GET).named("deleted")
    deleted = access.get_deleted_prompt(request.user, deleted_id) if deleted_id else None
    return render(request, "chat/prompt_list.html", {"page": page, "words": form.words(), "deleted": deleted})


@login_required
@require_http_methods(["GET", "POST"])
def prompt_create(request: HtmxRequest) -> HttpResponse:
    """A new one, of which a question may be the text."""
    owner = access.person(request.user)
    if request.method == "GET":
        return _show_form(request, PromptForm(owner=owner, begun=_of_question(request)))
    form = PromptForm(request.POST, owner=owner, begun={})
    try:
        if form.is_valid():
            return _saved(request, prompts.create_prompt(owner=owner, **form.prompt_fields()))
    except ValidationFailed as error:
        for field, words in error.by_field.items():
            form.add_error(field, words)
    return _show_form(request, form, status=422)


@login_required
@require_http_methods(["GET", "POST"])
def prompt_edit(request: HtmxRequest, prompt_id: UUID) -> HttpResponse:
    prompt = access.get_own_prompt(request.user, prompt_id)
    form = PromptForm(request.POST or None, owner=prompt.owner, begun=begun_by(prompt))
    if request.method == "GET":
        return _show_form(request, form, prompt)
    try:
        if form.is_valid():
            return _saved(request, prompts.change_prompt(prompt=prompt, **form.prompt_fields()))
    except ValidationFailed as error:
        for field, words in error.by_field.items():
            form.add_error(field, words)
    return _show_form(request, form, prompt, status=422)


@login_required
@require_POST
def prompt_duplicate(request: HtmxRequest, prompt_id: UUID) -> HttpResponse:
    """Make a copy of one's own, which can be changed at once."""
    prompt = access.get_prompt(request.user, prompt_id)
    return redirect("prompt_edit", prompts.duplicate_prompt(prompt=prompt, by=access.person(request.user)).id)


@login_required
@require_POST
def prompt_delete(request: HtmxRequest, prompt_id: UUID) -> HttpResponse:
    prompt = access.get_own_prompt(request.user, prompt_id)
    prompts.delete_prompt(prompt=prompt)
    if not request.htmx:
        return redirect(f"{reverse('prompt_list')}?deleted={prompt.id}")
    return render(request, "chat/_prompt_deleted.html", {"prompt": prompt})


@login_required
@require_POST
def prompt_restore(request: HtmxRequest, prompt_id: UUID) -> HttpResponse:
    prompt = access.get_deleted_prompt(request.user, prompt_id)
    words = ""
    if not prompts.restore_prompt(prompt=prompt):
        said = _("“%(title)s” is back, but not on the empty page: %(limit)s of your prompts are there already.")
        words = said % {"title": prompt.title, "limit": prompts.MAX_STARTERS}
    if request.htmx:
        return render(request, "chat/_prompt_restored.html", {"prompt": prompt, "words": words})
    if words:
        messages.info(request, words)
    return redirect("prompt_list")


@login_required
@require_GET
def prompt_suggest(request: HtmxRequest) -> HttpResponse:
    """What is meant by the name that is being typed in the message field."""
    person = access.person(request.user)
    found = suggest_prompts(person, begun=request.GET.get("q", ""), is_whole="whole" in request.GET)
    return render(request, "chat/_prompt_options.html", {"prompts": found})


@login_required
@require_http_methods(["GET", "POST"])
def prompt_use(request: HtmxRequest, prompt_id: UUID) -> HttpResponse:
    """Asks for what the prompt's variables stand for, then puts its text into the message field. What was typed behind
    its name is the first answer, or follows the text of a prompt that asks nothing."""
    prompt = access.get_prompt(request.user, prompt_id)
    person = access.person(request.user)
    known = known_values(person, zone=zone_of(request))
    questions = questions_of(prompt.text, known)
    rest = clean_paragraphs(request.POST.get("rest", "")).strip()
    form = FillForm(request.POST, questions=questions)
    if request.method == "GET" or not form.is_filled:
        context = {"prompt": prompt, "form": FillForm(questions=questions, first=rest)}
        response = render_dialog(request, "chat/_prompt_use.html", context)
        response["HX-Retarget"] = "#dialog"
        return response
    prompts.use_prompt(prompt=prompt, by=person)
    text = fill(prompt.text, known | form.values())
    draft = f"{text}\n\n{rest}" if rest and not questions else text
    if request.htmx:
        return close_dialog(HttpResponse(escape(draft)))
    return render(request, "chat/new.html", new_chat_context(request.user) | {"draft": draft})


def _of_question(request: HtmxRequest) -> dict[str, Any]:
    """What a prompt that is made of a question begins with."""
    message_id = LinkForm(request.GET).named("message")
    if message_id is None:
        return {}
    text = access.get_question(request.user, message_id).text
    return {"title": clean_line(text, max_chars=SOURCE_TITLE_CHARS), "text": text}


def _show_form(
    request: HtmxRequest, form: PromptForm, prompt: Prompt | None = None, *, status: int = 200
) -> HttpResponse:
    return render(request, "chat/prompt_form.html", {"form": form, "prompt": prompt}, status=status)


def _saved(request: HtmxRequest, prompt: Prompt) -> HttpResponse:
    messages.success(request, _("Saved. Type “/%(name)s” in the message field to use it.") % {"name": prompt.name})
    return redirect("prompt_list")
