"""What moderators work on and what they do: flags, actions, looks under break-glass, appeals, and lists of keywords."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from uuid_utils.compat import uuid7

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User

# Whoever claimed a flag and did nothing for so long left it to the others.
CLAIM_KEPT = timedelta(minutes=30)
# So long after a decision moderators may still look at what it was about, to answer an appeal.
DECIDED_READABLE = timedelta(days=30)
# So long after a report or an appeal what it is about stays for moderators, if its owner or a clock deletes it.
TO_DECIDE = timedelta(days=30)
LOOK_HOURS = (1, 2, 4, 8)


class Category(models.TextChoices):
    HARASSMENT = "harassment", _("Harassment")
    HATE = "hate", _("Hate")
    SELF_HARM = "self_harm", _("Self-harm")
    SEXUAL = "sexual", _("Sexual content")
    VIOLENCE = "violence", _("Violence")
    ILLEGAL = "illegal", _("Illegal content")
    PRIVACY = "privacy", _("Somebody's privacy")
    INJECTION = "injection", _("Prompt injection")
    JAILBREAK = "jailbreak", _("Jailbreak")
    EXTRACTION = "extraction", _("Extraction of instructions")
    SECRETS = "secrets", _("Secrets")
    PERSONAL_DATA = "personal_data", _("Personal data")
    SPAM = "spam", _("Spam")
    OTHER = "other", _("Something else")


class Severity(models.IntegerChoices):
    LOW = 1, _("Low")
    MEDIUM = 2, _("Medium")
    HIGH = 3, _("High")
    URGENT = 4, _("Urgent")


class FlagQuerySet(models.QuerySet["Flag"]):
    def open(self) -> Self:
        """Those that wait for a decision."""
        return self.filter(status=Flag.Status.OPEN)

    def holding(self) -> Self:
        """Those for whose sake nothing of what they are about is purged yet."""
        return self.open().filter(created_at__gt=timezone.now() - TO_DECIDE)

    def readable(self) -> Self:
        """Those for whose sake a moderator may read what they are about: open, or acted on a while ago at most. Of what
        was dismissed there is nothing to appeal against."""
        recent = models.Q(status=Flag.Status.ACTED, decided_at__gte=timezone.now() - DECIDED_READABLE)
        return self.filter(models.Q(status=Flag.Status.OPEN) | recent)

    def in_queue_order(self) -> Self:
        """The most severe first, of the same severity the oldest: ids are in the order of time."""
        return self.order_by("-severity", "id")

    def held_by_others(self, user: User) -> Self:
        return self.filter(claimed_at__gt=timezone.now() - CLAIM_KEPT).exclude(claimed_by=user)


class Flag(models.Model):
    """Something says that a moderator should look at a message, or at a conversation as a whole.

    `note` is what the reporter wrote; `details` are facts by name, such as rules and places, without text. It goes with
    the message, which stays as long as it is `holding`, and with the reporter: a report is theirs. `claimed_by` works
    on it, until CLAIM_KEPT after `claimed_at`.
    """

    class Source(models.TextChoices):
        USER = "user", _("A person")
        GUARD = "guard", _("A guard")
        PROVIDER = "provider", _("The provider")
        KEYWORD = "keyword", _("A keyword list")
        MODEL = "model", _("A moderation model")

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        DISMISSED = "dismissed", _("Dismissed")
        ACTED = "acted", _("Acted on")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation = models.ForeignKey("Conversation", on_delete=models.CASCADE, related_name="flags")
    message = models.ForeignKey("Message", on_delete=models.CASCADE, null=True, blank=True, related_name="flags")
    source = models.CharField(_("source"), max_length=10, choices=Source.choices)
    category = models.CharField(_("category"), max_length=20, choices=Category.choices)
    severity = models.PositiveSmallIntegerField(_("severity"), choices=Severity.choices)
    note = models.TextField(_("note"), blank=True)
    details = models.JSONField(_("details"), default=dict, blank=True)
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.OPEN)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    claimed_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    objects: ClassVar[FlagQuerySet] = FlagQuerySet.as_manager()  # type: ignore[assignment]  # typed as its queryset

    class Meta:
        verbose_name = _("flag")
        verbose_name_plural = _("flags")
        constraints = [
            models.CheckConstraint(condition=models.Q(severity__gte=1, severity__lte=4), name="flag_severity_in_range"),
            # Of what has no message or no reporter the conversation takes the place: it is neither's id.
            models.UniqueConstraint(
                Coalesce("message", "conversation"),
                "source",
                "category",
                Coalesce("reporter", "conversation"),
                condition=models.Q(status="open"),
                name="flag_open_once",
            ),
        ]
        indexes = [
            models.Index(fields=["-severity", "id"], condition=models.Q(status="open"), name="flag_queue"),
        ]

    def __str__(self) -> str:
        return f"{self.get_category_display()} ({self.get_source_display()})"

    @property
    def is_open(self) -> bool:
        return self.status == self.Status.OPEN

    @property
    def facts(self) -> list[str]:
        """Its details, each with its name; of links none has one that tells a moderator anything."""
        told = [(name, fact) for name, fact in self.details.items() if name != "shares"]
        facts = [f"{name}: {', '.join(map(str, fact)) if isinstance(fact, list) else fact}" for name, fact in told]
        if "shares" in self.details:
            facts.append(ngettext("read by a shared link", "read by shared links", len(self.details["shares"])))
        return facts

    @property
    def is_claimed(self) -> bool:
        """Whether somebody works on it now."""
        return self.claimed_at is not None and self.claimed_at > timezone.now() - CLAIM_KEPT

    @property
    def claimed_until(self) -> datetime | None:
        return self.claimed_at and self.claimed_at + CLAIM_KEPT


class ModerationAction(models.Model):
    """What a moderator did, with the reason that the person is told. `person` is whom it concerns; who did it and what
    it was about may be gone. `undone_by` is the action that took it back. A warning is shown until `acknowledged_at`.
    """

    class Kind(models.TextChoices):
        HIDE_MESSAGE = "hide_message", _("Message hidden")
        LOCK_CONVERSATION = "lock_conversation", _("Conversation locked")
        WARN_USER = "warn_user", _("Warning")
        SUSPEND_USER = "suspend_user", _("Account suspended")
        RESTORE = "restore", _("Restored")
        MARK_REVIEWED = "mark_reviewed", _("Reviewed")
        DISMISS = "dismiss", _("Flags dismissed")

    # What is a decision about somebody, can be appealed against, and undone.
    DECISIONS = (Kind.HIDE_MESSAGE, Kind.LOCK_CONVERSATION, Kind.WARN_USER, Kind.SUSPEND_USER)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    conversation = models.ForeignKey(
        "Conversation", on_delete=models.SET_NULL, null=True, blank=True, related_name="moderation_actions"
    )
    message = models.ForeignKey(
        "Message", on_delete=models.SET_NULL, null=True, blank=True, related_name="moderation_actions"
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="moderation_actions", verbose_name=_("person")
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("by")
    )
    reason = models.TextField(_("reason"))
    created_at = models.DateTimeField(_("time"), default=timezone.now, editable=False)
    undone_by = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="undoes")
    acknowledged_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("moderation action")
        verbose_name_plural = _("moderation actions")
        indexes = [models.Index(fields=["person", "-id"], name="moderation_action_of_person")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.created_at:%Y-%m-%d})"

    @property
    def is_decision(self) -> bool:
        return self.kind in self.DECISIONS

    @property
    def can_be_undone(self) -> bool:
        return self.is_decision and self.undone_by_id is None


class LookQuerySet(models.QuerySet["Look"]):
    def standing(self) -> Self:
        return self.filter(ends_at__gt=timezone.now())


class Look(models.Model):
    """A moderator's leave, given by themselves under break-glass, to read all of a conversation, from `begins_at` to
    `ends_at`. Its owner was told at `seen_at`; the row stays for that, also once the conversation is gone."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation = models.ForeignKey(
        "Conversation", on_delete=models.SET_NULL, null=True, blank=True, related_name="looks"
    )
    # Null only where a process of before wrote it.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+", verbose_name=_("owner")
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("by")
    )
    reason = models.TextField(_("reason"))
    begins_at = models.DateTimeField(_("from"), default=timezone.now, editable=False)
    ends_at = models.DateTimeField(_("until"))
    seen_at = models.DateTimeField(_("seen by the owner"), null=True, blank=True)

    objects: ClassVar[LookQuerySet] = LookQuerySet.as_manager()  # type: ignore[assignment]  # typed as its queryset

    class Meta:
        verbose_name = _("look under break-glass")
        verbose_name_plural = _("looks under break-glass")

    def __str__(self) -> str:
        return f"{self.begins_at:%Y-%m-%d %H:%M} - {self.ends_at:%H:%M}"


class AppealQuerySet(models.QuerySet["Appeal"]):
    def open(self) -> Self:
        return self.filter(outcome="")

    def holding(self) -> Self:
        """As flags do."""
        return self.open().filter(created_at__gt=timezone.now() - TO_DECIDE)


class Appeal(models.Model):
    """What a person says against a decision about them, once; and what came of it, with an `answer` in words.
    `has_same_judge` says that who took the decision answered, since nobody else might."""

    class Outcome(models.TextChoices):
        GRANTED = "granted", _("Granted: the decision is undone")
        REFUSED = "refused", _("Refused: the decision stands")

    action = models.OneToOneField(ModerationAction, on_delete=models.CASCADE, primary_key=True, related_name="appeal")
    text = models.TextField(_("text"))
    created_at = models.DateTimeField(_("time"), default=timezone.now, editable=False)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome.choices, blank=True)
    answer = models.TextField(_("answer"), blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    has_same_judge = models.BooleanField(_("answered by who took the decision"), default=False)

    objects: ClassVar[AppealQuerySet] = AppealQuerySet.as_manager()  # type: ignore[assignment]  # typed as its queryset

    class Meta:
        verbose_name = _("appeal")
        verbose_name_plural = _("appeals")
        indexes = [models.Index(fields=["created_at"], condition=models.Q(outcome=""), name="appeal_open")]

    def __str__(self) -> str:
        return f"{self.action} - {self.get_outcome_display() or _('open')}"


class KeywordList(models.Model):
    """Words and phrases, one a line, that flag the messages which have them."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    entries = models.TextField(
        _("entries"), help_text=_("One word or phrase a line. Case and accents make no difference.")
    )
    category = models.CharField(_("category"), max_length=20, choices=Category.choices, default=Category.OTHER)
    severity = models.PositiveSmallIntegerField(
        _("severity"),
        choices=Severity.choices,
        default=Severity.MEDIUM,
        validators=[MinValueValidator(1), MaxValueValidator(4)],
    )
    is_active = models.BooleanField(_("active"), default=True)
    has_whole_words = models.BooleanField(
        _("whole words only"), default=True, help_text=_("Otherwise an entry is also found within longer words.")
    )
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("keyword list")
        verbose_name_plural = _("keyword lists")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(severity__gte=1, severity__lte=4), name="keyword_list_severity_in_range"
            )
        ]

    def __str__(self) -> str:
        return self.name


class MessageCheck(models.Model):
    """A message that is to be looked through for what moderators should see; it goes when that is done. A row first, so
    that none is lost with a broker that forgets. `attempts` are those in which a moderation model didn't answer; it is
    asked again at `due_at`."""

    message = models.OneToOneField("Message", on_delete=models.CASCADE, primary_key=True, related_name="+")
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)

    def __str__(self) -> str:
        return f"check of {self.message_id}"
