"""Where moderators work, under /admin/: their queue, transcripts, decisions, break-glass, appeals."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.actions.people import is_being_erased
from accounts.models import User
from accounts.roles import is_administrator, may_act_on
from chat import access
from chat.actions import appeals, flags, looks, moderation
from chat.models import Appeal, Conversation, ModerationAction, Share
from chat.models.attachment import SENT
from chat.models.moderation import LOOK_HOURS
from chat.moderation.forms import PlaceForm, ids_in
from chat.moderation.leave import Leave, leave_of
from chat.moderation.listing import list_appeals, list_looks
from chat.moderation.queue import QueueForm, next_in_queue, queue_page
from chat.moderation.reader import actions_about, decisions_about_person, flags_of, neighbours_of, read_transcript
from chat.moderation.shared import read_shares, reported_shares
from chat.views.attachments import file_response
from convoscope.errors import AppError, ValidationFailed

P = ParamSpec("P")
Page = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def moderators_page(*methods: str) -> Callable[[Page[P]], Page[P]]:
    """A page within the admin, for moderators."""

    def decorate(view: Page[P]) -> Page[P]:
        @wraps(view)
        def checked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            access.require_moderator(request.user)
            return view(request, *args, **kwargs)

        page: Page[P] = login_required(require_http_methods(methods)(admin.site.admin_view(checked)))
        return page

    return decorate


@moderators_page("GET")
def moderation_queue(request: HttpRequest) -> HttpResponse:
    return _queue(request)


@moderators_page("POST")
def moderation_dismiss(request: HttpRequest) -> HttpResponse:
    """Several at once, with one reason."""
    ids, reason = ids_in(request.POST, "flags"), request.POST.get("reason", "")
    try:
        count = flags.dismiss_flags(flags=access.get_flags(ids), reason=reason, by=access.person(request.user))
    except AppError as error:
        return _queue(request, error=error, reason=reason, chosen=ids)
    words = ngettext("%(count)d flag was dismissed.", "%(count)d flags were dismissed.", count)
    messages.success(request, words % {"count": count})
    return _to_queue(request)


@moderators_page("POST")
def moderation_claim(request: HttpRequest, flag_id: UUID) -> HttpResponse:
    try:
        flags.claim_flag(flag=access.get_flag(flag_id), by=access.person(request.user))
    except AppError as error:
        return _queue(request, error=error)
    return _to_queue(request, f"#flag-{flag_id}")


@moderators_page("POST")
def moderation_unclaim(request: HttpRequest, flag_id: UUID) -> HttpResponse:
    flags.unclaim_flag(flag=access.get_flag(flag_id), by=access.person(request.user))
    return _to_queue(request, f"#flag-{flag_id}")


@moderators_page("GET")
def moderation_conversation(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """What of it the moderator may read, see `leave_of`; where that is nothing, the question why it should be read."""
    conversation = access.get_moderated(conversation_id)
    return _transcript(request, conversation) or _ask_why(request, conversation)


@moderators_page("POST")
def moderation_look(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Break-glass."""
    conversation, reason = access.get_moderated(conversation_id), request.POST.get("reason", "")
    hours = request.POST.get("hours", "")
    try:
        looks.break_glass(
            conversation=conversation,
            hours=int(hours) if hours.isdecimal() else 0,
            reason=reason,
            by=access.person(request.user),
        )
    except AppError as error:
        return _ask_why(request, conversation, error=error, reason=reason)
    return redirect("moderation_conversation", conversation.id)


@moderators_page("POST")
def moderation_act(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Decide about a conversation, its owner, or one of its messages."""
    by = access.person(request.user)
    conversation = access.get_transcript(by, conversation_id)
    place = PlaceForm(request.POST).place()
    kind, reason = request.POST.get("kind", ""), request.POST.get("reason", "")
    try:
        if kind == ModerationAction.Kind.HIDE_MESSAGE and "message" in place:
            message = access.get_moderated_message(by, conversation, place["message"])
            done = moderation.hide_message(message=message, reason=reason, by=by)
        elif kind in moderation.OF_CONVERSATION:
            done = moderation.OF_CONVERSATION[kind](conversation=conversation, reason=reason, by=by)
        else:
            raise ValidationFailed(_("Choose what is to be done."), field="kind")
    except AppError as error:
        # What was just decided may have taken the leave to read it.
        again = _transcript(request, conversation, error=error, kind=kind, reason=reason)
        return again or _ask_why(request, conversation, error=error, reason=reason)
    messages.success(request, _("Done: %(what)s.") % {"what": done.get_kind_display()})
    # What was a false alarm is private again.
    return _back(conversation, place) if _parts(request, conversation) else redirect("moderation_queue")


@moderators_page("POST")
def moderation_restore(request: HttpRequest, action_id: UUID) -> HttpResponse:
    """Take a decision back."""
    action, reason = access.get_action(action_id), request.POST.get("reason", "")
    try:
        moderation.restore(action=action, reason=reason, by=access.person(request.user))
    except AppError as error:
        messages.error(request, error.user_message)
    else:
        messages.success(request, _("Done: %(what)s.") % {"what": ModerationAction.Kind.RESTORE.label})
    if action.conversation_id is None:
        return redirect("moderation_queue")
    return redirect("moderation_conversation", action.conversation_id)


@moderators_page("GET", "POST")
def moderation_person(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Suspend a person, for no conversation of theirs, or let them in again."""
    person = access.get_person(person_id)
    if request.method == "GET":
        return _person(request, person)
    kind, reason = request.POST.get("kind", ""), request.POST.get("reason", "")
    try:
        if kind not in moderation.OF_PERSON:
            raise ValidationFailed(_("Choose what is to be done."), field="kind")
        done = moderation.OF_PERSON[kind](person=person, reason=reason, by=access.person(request.user))
    except AppError as error:
        return _person(request, person, error=error, reason=reason)
    messages.success(request, _("Done: %(what)s.") % {"what": done.get_kind_display()})
    return redirect("moderation_person", person.id)


@moderators_page("GET")
def moderation_image(request: HttpRequest, conversation_id: UUID, attachment_id: UUID) -> HttpResponseBase:
    """As models were given it."""
    moderator = access.person(request.user)
    conversation = access.get_transcript(moderator, conversation_id)
    image = access.get_moderated_image(moderator, conversation, attachment_id)
    looks.record_look(conversation=conversation, by=moderator)
    return file_response(image, SENT, content_type="", is_download=False)


@moderators_page("GET")
def moderation_appeals(request: HttpRequest) -> HttpResponse:
    return _appeals(request)


@moderators_page("POST")
def moderation_appeal(request: HttpRequest, action_id: UUID) -> HttpResponse:
    appeal, answer = access.get_appeal(action_id), request.POST.get("answer", "")
    try:
        appeals.decide_appeal(
            appeal=appeal, outcome=request.POST.get("outcome", ""), answer=answer, by=access.person(request.user)
        )
    except AppError as error:
        return _appeals(request, refused=appeal, error=error, answer=answer)
    messages.success(request, _("The appeal is decided, and the person sees the answer."))
    return redirect("moderation_appeals")


@moderators_page("GET")
def moderation_looks(request: HttpRequest) -> HttpResponse:
    """Administrators see everybody's, others their own."""
    moderator = access.person(request.user)
    found = list_looks(by=None if is_administrator(moderator) else moderator)
    return _render(request, "looks", _("Looks under break-glass"), {"looks": found})


def _to_queue(request: HttpRequest, mark: str = "") -> HttpResponse:
    """As it was filtered."""
    return redirect(f"{reverse('moderation_queue')}?{request.GET.urlencode()}{mark}")


def _queue(
    request: HttpRequest, *, error: AppError | None = None, reason: str = "", chosen: Collection[UUID] = ()
) -> HttpResponse:
    form = QueueForm(request.GET)
    context = {
        "page": queue_page(form),
        "asked": form.chosen(),
        "categories": form.fields["category"].choices[1:],  # type: ignore[attr-defined]  # a field of choices
        "sources": form.fields["source"].choices[1:],  # type: ignore[attr-defined]
        "error": error,
        "reason": reason,
        "chosen": chosen,
    }
    return _render(request, "queue", _("Flags"), context, status=_status(error))


def _transcript(
    request: HttpRequest,
    conversation: Conversation,
    *,
    error: AppError | None = None,
    kind: str = "",
    reason: str = "",
) -> HttpResponse | None:
    """As far as the moderator may read it; None where they may not."""
    moderator = access.person(request.user)
    parts = _parts(request, conversation)
    if parts is None:
        return None
    leave, shares = parts
    place = PlaceForm(request.GET or request.POST).place()
    flag = access.find_flag_of(conversation, place.get("flag"))
    looks.record_look(conversation=conversation, by=moderator)
    context: dict[str, Any] = {
        "conversation": conversation,
        "page_title": _page_title(conversation, leave, shares),
        "flag": flag,
        "decided": actions_about(conversation, moderator),
        "flags": flags_of(conversation),
        "neighbours": neighbours_of(conversation, flag),
        "next_in_queue": next_in_queue(flag, conversation.id),
        "may_decide": may_act_on(moderator, conversation.owner),
        "kinds": [(one.value, words) for one, words in _kinds(conversation)],
        "is_whole": leave is not None and leave.is_whole,
        "shares": read_shares(shares),
        "hours": LOOK_HOURS,
        "error": error,
        "kind": kind,
        "message_id": place.get("message") if error else None,
        "reason": reason,
    }
    if leave is not None:
        begins_at = place.get("begins_at")
        if begins_at is not None:
            begins_at = access.get_moderated_message(moderator, conversation, begins_at).id
        context["transcript"] = read_transcript(conversation, leave=leave, begins_at=begins_at, flag=flag)
    return _render(request, "conversation", _("Transcript"), context, status=_status(error))


def _parts(request: HttpRequest, conversation: Conversation) -> tuple[Leave | None, list[Share]] | None:
    """What of it the moderator may read: messages, and links that were reported; None for nothing."""
    leave = leave_of(access.person(request.user), conversation)
    shares = [] if leave is not None and leave.is_whole else reported_shares(conversation)
    return (leave, shares) if leave is not None or shares else None


def _page_title(conversation: Conversation, leave: Leave | None, shares: Sequence[Share]) -> str:
    """Its own is made of all that was said."""
    if leave is None:
        return shares[0].title
    return conversation.title if leave.is_whole else _("Part of a conversation")


def _kinds(conversation: Conversation) -> list[tuple[ModerationAction.Kind, str]]:
    """What can be decided about a conversation as it is, least first."""
    kinds = ModerationAction.Kind
    offered = [
        (kinds.MARK_REVIEWED, _("Mark as reviewed: nothing has to be done")),
        (kinds.WARN_USER, _("Warn its owner")),
    ]
    if conversation.locked_at is None:
        offered.append((kinds.LOCK_CONVERSATION, _("Lock the conversation")))
    if conversation.owner.is_active:
        offered.append((kinds.SUSPEND_USER, _("Suspend its owner")))
    return offered


def _person(request: HttpRequest, person: User, *, error: AppError | None = None, reason: str = "") -> HttpResponse:
    context = {
        "person": person,
        "decided": decisions_about_person(person),
        "refusal": flags.why_not(access.person(request.user), person),
        "is_being_erased": is_being_erased(person),
        "error": error,
        "reason": reason,
    }
    return _render(request, "person", _("Person"), context, status=_status(error))


def _ask_why(
    request: HttpRequest, conversation: Conversation, *, error: AppError | None = None, reason: str = ""
) -> HttpResponse:
    context = {
        "conversation": conversation,
        "is_private": _parts(request, conversation) is None,
        "hours": LOOK_HOURS,
        "error": error,
        "reason": reason,
    }
    return _render(request, "break_glass", _("Break-glass"), context, status=_status(error))


def _appeals(
    request: HttpRequest, *, refused: Appeal | None = None, error: AppError | None = None, answer: str = ""
) -> HttpResponse:
    context = {
        "appeals": list_appeals(access.person(request.user)),
        "outcomes": Appeal.Outcome.choices,
        "refused": refused,
        "error": error,
        "answer": answer,
    }
    return _render(request, "appeals", _("Appeals"), context, status=_status(error))


def _back(conversation: Conversation, place: dict[str, UUID]) -> HttpResponse:
    """To where the moderator was in the transcript."""
    address = reverse("moderation_conversation", args=[conversation.id])
    where = "&".join(f"{name}={place[name]}" for name in ("flag", "begins_at") if name in place)
    mark = f"#message-{place['message']}" if "message" in place else ""
    return redirect(f"{address}{'?' + where if where else ''}{mark}")


def _status(error: AppError | None) -> int:
    if error is None:
        return 200
    return 422 if isinstance(error, ValidationFailed) else error.http_status


def _render(request: HttpRequest, page: str, title: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    of_admin = admin.site.each_context(request) | {"title": title, "here": page}
    return render(request, f"admin/chat/moderation_{page}.html", of_admin | context, status=status)
