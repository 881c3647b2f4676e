"""Flags: the one door through which messages come to moderators, and what moderators do with them in the queue."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _

from accounts.actions.audit import record
from accounts.models import User
from accounts.roles import may_act_on
from chat.actions.text import clean_paragraphs
from chat.models import Conversation, Flag, Message, ModerationAction, Share
from chat.models.moderation import Category, FlagQuerySet, Severity
from convoscope.errors import AppError, ValidationFailed
from convoscope.numbers import number

NOTE_MAX_CHARS = 1_000
REASON_MAX_CHARS = 2_000

# What people choose from; the others are for guards.
REPORTED = (
    Category.HARASSMENT,
    Category.HATE,
    Category.SELF_HARM,
    Category.SEXUAL,
    Category.VIOLENCE,
    Category.ILLEGAL,
    Category.PRIVACY,
    Category.SPAM,
    Category.OTHER,
)
# How soon somebody should look at what a person reports.
SEVERITIES: dict[str, Severity] = {
    Category.SELF_HARM: Severity.URGENT,
    Category.ILLEGAL: Severity.URGENT,
    Category.SEXUAL: Severity.HIGH,
    Category.VIOLENCE: Severity.HIGH,
    Category.HATE: Severity.HIGH,
    Category.SPAM: Severity.LOW,
}


class NotTheirs(AppError):
    """For a moderator who may not decide about this person, or about flags that another one works on."""

    code = "FORBIDDEN"
    http_status = 403


def flag_message(
    *,
    message: Message,
    source: str,
    category: str,
    severity: int,
    details: Mapping[str, object],
    reporter: User | None = None,
    note: str = "",
) -> Flag:
    """Put a message into the queue, for whatever `source` has something against it. `details` are facts by name,
    without text. What is in the queue already, or was decided and nobody reported since, is left as it is."""
    known = Flag.objects.filter(message=message, source=source, category=category, reporter=reporter)
    if reporter is not None:
        known = known.open()
    return known.first() or _flag(
        Flag(
            conversation=message.conversation,
            message=message,
            source=source,
            category=category,
            severity=severity,
            details=dict(details),
            reporter=reporter,
            note=note,
        )
    )


def report_message(*, message: Message, category: str, note: str, reporter: User) -> Flag:
    """What a person says against an answer. As long as nobody has decided, saying more changes what they said.

    Raises: ValidationFailed for what is no category, or a note that is too long.
    """
    category, note = _checked(category, note)
    with transaction.atomic():
        mine = Flag.objects.open().filter(message=message, reporter=reporter, source=Flag.Source.USER)
        flag = mine.select_for_update(of=("self",)).first()
        if flag is None:
            return flag_message(
                message=message,
                source=Flag.Source.USER,
                category=category,
                severity=_severity(category),
                details={},
                reporter=reporter,
                note=note,
            )
        flag.category, flag.note, flag.severity = category, note, _severity(category)
        flag.save(update_fields=["category", "note", "severity"])
        _record("flag.changed", flag, by=reporter)
    return flag


def report_share(*, share: Share, category: str, note: str, reporter: User | None) -> Flag:
    """What somebody says against what they read at a link. Of the same kind one is enough, which names each link of the
    conversation that was reported so: moderators read what these show.

    Raises: ValidationFailed.
    """
    category, note = _checked(category, note)
    flag = _flag(
        Flag(
            conversation=share.conversation,
            source=Flag.Source.USER,
            category=category,
            severity=_severity(category),
            reporter=reporter,
            note=note,
            details={"shares": [str(share.id)]},
        )
    )
    if str(share.id) not in flag.details["shares"]:
        with transaction.atomic():
            flag = Flag.objects.select_for_update(of=("self",)).get(id=flag.id)
            flag.details["shares"] = sorted({*flag.details["shares"], str(share.id)})
            flag.save(update_fields=["details"])
            _record("flag.changed", flag, by=reporter)
    return flag


def claim_flag(*, flag: Flag, by: User) -> None:
    """Work on it alone for CLAIM_KEPT; the claimer's own claim begins anew.

    Raises: NotTheirs if another one does, or it is about the moderator; ValidationFailed if it was decided.
    """
    with transaction.atomic():
        found = Flag.objects.select_for_update(of=("self",)).filter(id=flag.id).first()
        if found is None or not found.is_open:
            raise ValidationFailed(_("This flag was decided meanwhile. Reload the queue."))
        flag = found
        require_free(Flag.objects.filter(id=flag.id), by=by)
        require_may_decide(by, flag.conversation.owner)
        flag.claimed_by, flag.claimed_at = by, timezone.now()
        flag.save(update_fields=["claimed_by", "claimed_at"])
        _record("flag.claimed", flag, by=by)


def unclaim_flag(*, flag: Flag, by: User) -> None:
    """Leave it to the others."""
    with transaction.atomic():
        if Flag.objects.filter(id=flag.id, claimed_by=by).update(claimed_by=None, claimed_at=None):
            _record("flag.unclaimed", flag, by=by)


def dismiss_flags(*, flags: Collection[Flag], reason: str, by: User) -> int:
    """Say that there is nothing to them. Those that were decided, or went, meanwhile are left. Returns how many were
    dismissed.

    Raises: NotTheirs if another one works on one of them, or one is about the moderator: then none is dismissed;
    ValidationFailed without a reason, or without a flag.
    """
    reason = clean_reason(reason)
    if not flags:
        raise ValidationFailed(_("Choose at least one flag."))
    by_conversation: dict[UUID, list[UUID]] = {}
    for flag in flags:
        by_conversation.setdefault(flag.conversation_id, []).append(flag.id)
    dismissed = 0
    with transaction.atomic():
        # Held, in one order, so that none goes while that is written down.
        held = Conversation.objects.select_for_update(of=("self",), no_key=True).filter(id__in=by_conversation)
        for conversation in held.select_related("owner").order_by("id"):
            dismissed += _dismiss(conversation, by_conversation[conversation.id], reason, by)
    return dismissed


def _dismiss(conversation: Conversation, ids: Collection[UUID], reason: str, by: User) -> int:
    require_may_decide(by, conversation.owner)
    count = close_flags(Flag.objects.filter(id__in=ids), status=Flag.Status.DISMISSED, by=by)
    if count:
        action = ModerationAction.objects.create(
            kind=ModerationAction.Kind.DISMISS,
            conversation=conversation,
            person=conversation.owner,
            by=by,
            reason=reason,
        )
        record(
            "moderation.dismiss",
            by=by,
            on=action,
            concerns=conversation.owner,
            reason=reason,
            details={"flags": sorted(map(str, ids))},
        )
    return count


def close_flags(flags: FlagQuerySet, *, status: str, by: User) -> int:
    """Those of these that are open. For the caller's transaction, which writes down why.

    Raises: NotTheirs if another one works on one of them.
    """
    # Held, in one order: nobody claims one of them meanwhile.
    held = flags.filter(status=Flag.Status.OPEN).select_for_update(of=("self",)).order_by("id")
    open_ones = Flag.objects.filter(id__in=list(held.values_list("id", flat=True)))
    require_free(open_ones, by=by)
    return open_ones.update(status=status, decided_by=by, decided_at=timezone.now())


def require_free(flags: FlagQuerySet, *, by: User) -> None:
    """Raises: NotTheirs if another one works on one of them."""
    held = flags.held_by_others(by).filter(status=Flag.Status.OPEN).select_related("claimed_by").first()
    if held is not None:
        until = time_format(timezone.localtime(held.claimed_until))
        who = held.claimed_by or _("Another moderator")
        raise NotTheirs(
            _("%(who)s works on this until %(time)s. Choose another one, or wait.") % {"who": who, "time": until}
        )


def clean_reason(reason: str) -> str:
    """Raises: ValidationFailed for a blank one, or one that is too long."""
    reason = clean_paragraphs(reason).strip()
    if not reason:
        raise ValidationFailed(_("Say why. The person is told, and it stands in the audit log."), field="reason")
    return require_length(reason, REASON_MAX_CHARS, field="reason")


def require_length(text: str, limit: int, *, field: str) -> str:
    """Raises: ValidationFailed."""
    if len(text) > limit:
        raise ValidationFailed(
            _("This has %(length)s characters; the limit is %(limit)s. Shorten it.")
            % {"length": number(len(text)), "limit": number(limit)},
            field=field,
        )
    return text


def _checked(category: str, note: str) -> tuple[str, str]:
    if category not in REPORTED:
        raise ValidationFailed(_("Choose what is wrong."), field="category")
    return category, require_length(clean_paragraphs(note).strip(), NOTE_MAX_CHARS, field="note")


def _severity(category: str) -> int:
    return SEVERITIES.get(category, Severity.MEDIUM)


def _flag(flag: Flag) -> Flag:
    """Store it, unless a twin was quicker."""
    try:
        with transaction.atomic():
            flag.save(force_insert=True)
            _record("flag.made", flag, by=flag.reporter)
    except IntegrityError:
        same = {name: getattr(flag, name) for name in ("conversation", "message", "source", "category", "reporter")}
        if (twin := Flag.objects.open().filter(**same).first()) is None:
            raise
        return twin
    return flag


def require_may_decide(by: User, person: User) -> None:
    """Raises: NotTheirs for a moderator's own conversations, and those of other moderators and administrators, about
    which another administrator decides."""
    if refused := why_not(by, person):
        raise NotTheirs(refused)


def why_not(by: User, person: User) -> str:
    """Why a moderator may not decide about this person; blank if they may."""
    if may_act_on(by, person):
        return ""
    if by.id == person.id:
        return _("This is yours: another moderator has to decide about it.")
    return _("This is a moderator's or an administrator's: only another administrator may decide about it.")


def _record(action: str, flag: Flag, *, by: User | None) -> None:
    facts = {"source": flag.source, "category": flag.category, "severity": flag.severity}
    facts["message"] = str(flag.message_id or "")
    record(action, by=by, on=flag, concerns=flag.conversation.owner, details=facts)
