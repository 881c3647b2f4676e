"""What is done about what guards find: a policy for the site, and one for each team that wants others."""

from __future__ import annotations

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q, Value
from django.utils.translation import gettext_lazy as _


class GuardPolicy(models.Model):
    """What the site does about what guards find, or a team for its members, whose rules go before the site's. Where no
    rule says what to do, `chat/guards/policies.py` does."""

    team = models.OneToOneField(
        "accounts.Team",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("team"),
        help_text=_("Empty: for the whole site."),
    )
    masks_for_provider = models.BooleanField(
        _("masks for providers"),
        default=False,
        help_text=_(
            "Personal data and secrets leave for a provider as placeholders, and are put back into its answer."
        ),
    )
    limits_links = models.BooleanField(
        _("limits links"),
        default=True,
        help_text=_("An answer that read a file leads only to hosts that the person named."),
    )
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("guard policy")
        verbose_name_plural = _("guard policies")
        constraints = [
            models.UniqueConstraint(
                Value(1),
                condition=Q(team=None),
                name="guard_policy_site_once",
                violation_error_message=_("The site has a policy already: change that one, or name a team."),
            )
        ]

    def __str__(self) -> str:
        return str(self.team or _("The whole site"))


class GuardRule(models.Model):
    """What a policy does about one category of findings in one place."""

    class Place(models.TextChoices):
        INPUT = "input", _("What a person writes")
        RETRIEVED = "retrieved", _("What stands in a file")
        TOOL = "tool", _("What a tool returns")
        OUTPUT = "output", _("An answer")

    class Category(models.TextChoices):
        INJECTION = "injection", _("Prompt injection")
        JAILBREAK = "jailbreak", _("Jailbreak")
        EXTRACTION = "extraction", _("Extraction of instructions")
        INVISIBLE = "invisible", _("Invisible characters")
        EMAIL = "email", _("E-mail address")
        PHONE = "phone", _("Phone number")
        IBAN = "iban", _("IBAN")
        CARD = "card", _("Card number")
        NATIONAL_ID = "national_id", _("National id")
        IP = "ip", _("IP address")
        API_KEY = "api_key", _("API key or password")
        PRIVATE_KEY = "private_key", _("Private key")
        JWT = "jwt", _("Signed token (JWT)")
        LEAKAGE = "leakage", _("Instructions given away")
        EXFILTRATION = "exfiltration", _("Link that carries data out")

    class Action(models.TextChoices):
        ALLOW = "allow", _("Allow")
        FLAG = "flag", _("Flag for moderators")
        REDACT = "redact", _("Redact")
        BLOCK = "block", _("Block")

    ATTACKS = (Category.INJECTION, Category.JAILBREAK, Category.EXTRACTION, Category.INVISIBLE)
    PERSONAL = (Category.EMAIL, Category.PHONE, Category.IBAN, Category.CARD, Category.NATIONAL_ID, Category.IP)
    SECRETS = (Category.API_KEY, Category.PRIVATE_KEY, Category.JWT)
    # A file is kept as it came, so nothing is redacted in it; an answer is judged as a whole once it has ended.
    POSSIBLE: ClassVar[tuple[tuple[tuple[Place, ...], tuple[Category, ...], tuple[Action, ...]], ...]] = (
        (
            (Place.INPUT, Place.RETRIEVED, Place.TOOL),
            ATTACKS,
            (Action.ALLOW, Action.FLAG, Action.BLOCK),
        ),
        ((Place.INPUT, Place.OUTPUT), (*PERSONAL, *SECRETS), tuple(Action)),
        ((Place.RETRIEVED, Place.TOOL), (*PERSONAL, *SECRETS), (Action.ALLOW, Action.FLAG, Action.BLOCK)),
        ((Place.OUTPUT,), (Category.LEAKAGE,), (Action.ALLOW, Action.FLAG, Action.BLOCK)),
        ((Place.OUTPUT,), (Category.JAILBREAK, Category.EXFILTRATION), (Action.ALLOW, Action.FLAG)),
    )

    policy = models.ForeignKey(GuardPolicy, on_delete=models.CASCADE, related_name="rules")
    place = models.CharField(_("where"), max_length=10, choices=Place.choices)
    category = models.CharField(_("what"), max_length=12, choices=Category.choices)
    action = models.CharField(_("is done"), max_length=6, choices=Action.choices)

    class Meta:
        verbose_name = _("guard rule")
        verbose_name_plural = _("guard rules")
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "place", "category"],
                name="guard_rule_once",
                violation_error_message=_("The policy has a rule for this already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_place_display()}: {self.get_category_display()}: {self.get_action_display()}"

    def clean(self) -> None:
        """Raises: ValidationError for what can't be done about this."""
        if not (self.place and self.category and self.action):
            return
        possible = possible_actions(self.place, self.category)
        if not possible:
            raise ValidationError({"category": _("This isn't looked for there.")})
        if self.action not in possible:
            labels = ", ".join(str(self.Action(action).label) for action in possible)
            raise ValidationError(
                {"action": _("This can't be done about that there. Choose one of: %(actions)s.") % {"actions": labels}}
            )


def possible_actions(place: str, category: str) -> tuple[str, ...]:
    """From the mildest on; none where nothing looks for it."""
    for places, categories, actions in GuardRule.POSSIBLE:
        if place in places and category in categories:
            return tuple(actions)
    return ()
