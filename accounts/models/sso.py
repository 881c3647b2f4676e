"""Signing in through identity providers: who they are, what their claims give, and what came of it."""

from __future__ import annotations

from typing import cast

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from uuid_utils.compat import uuid7

from accounts.models.role import Role
from accounts.models.team import Team
from accounts.models.user import User
from accounts.sso.claims import Effect, Rule, loop_of
from convoscope.encryption import Undecryptable, decrypt, encrypt

SECRET_FIELD = "accounts.IdentityProvider.secret"  # noqa: S105  # nosec B105  # where it is stored
KINDS = {"google": "Google", "github": "GitHub", "microsoft": "Microsoft", "oidc": "OpenID Connect", "saml": "SAML 2.0"}
# Of which there is one each, named like their kind.
VENDORS = ("google", "github", "microsoft")


class IdentityProvider(models.Model):
    """One provider that people may sign in through, set up in the admin; the environment's are no rows. `slug` names it
    in addresses, and in whatever is kept of its sign-ins. The secret is stored encrypted.

    `creates_accounts` lets people in who have no account yet. `trusts_addresses` takes every address of its people as
    confirmed, whatever it says of it: who it lets write any address there could take over accounts.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(gettext_lazy("kind"), max_length=10, choices=list(KINDS.items()))
    slug = models.CharField(
        gettext_lazy("name in addresses"), max_length=40, unique=True, blank=True, validators=[validate_slug]
    )
    name = models.CharField(gettext_lazy("name on the button"), max_length=60, blank=True)
    client_id = models.CharField(gettext_lazy("client id"), max_length=255, blank=True)
    secret = models.TextField(gettext_lazy("client secret"), blank=True)
    issuer = models.CharField(gettext_lazy("issuer"), max_length=500, blank=True)
    tenant = models.CharField(gettext_lazy("tenant"), max_length=100, blank=True)
    scopes = models.CharField(gettext_lazy("scopes"), max_length=300, blank=True, default="openid profile email")
    metadata_url = models.CharField(gettext_lazy("address of the metadata"), max_length=500, blank=True)
    metadata = models.TextField(gettext_lazy("metadata"), blank=True)
    entity_id = models.CharField(gettext_lazy("entity id"), max_length=500, blank=True)
    creates_accounts = models.BooleanField(gettext_lazy("creates accounts"), default=False)
    trusts_addresses = models.BooleanField(gettext_lazy("trusts addresses"), default=False)
    is_active = models.BooleanField(gettext_lazy("active"), default=True)
    created_at = models.DateTimeField(gettext_lazy("created"), auto_now_add=True)

    class Meta:
        verbose_name = gettext_lazy("identity provider")
        verbose_name_plural = gettext_lazy("identity providers")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(kind__in=VENDORS) & Q(slug=models.F("kind")))
                | ~(Q(kind__in=VENDORS) | Q(slug__in=VENDORS)),
                name="identity_provider_slug_of_vendor",
            )
        ]

    def __str__(self) -> str:
        return self.name or self.get_kind_display()

    def keep_secret(self, secret: str) -> None:
        self.secret = encrypt(secret, field=SECRET_FIELD)

    def read_secret(self) -> str:
        """Empty where this site's keys no longer read it: the issuer then refuses sign-ins, which the trace tells."""
        try:
            return decrypt(self.secret, field=SECRET_FIELD) if self.secret else ""
        except Undecryptable:
            return ""


class ClaimRule(models.Model):
    """What the people get of whom an identity provider claims something. `claim` is a key, or a path of keys with dots;
    `pattern` is what one of its values has to be, in which * stands for anything.

    Each effect has its own field. `counts_as` gives nothing: the claim then has that value too, for other rules.
    """

    class Effect(models.TextChoices):
        ROLE = "role", gettext_lazy("gives a role")
        TEAM = "team", gettext_lazy("makes a member of a team")
        TIER = "tier", gettext_lazy("sets the tier")
        COUNTS_AS = "counts_as", gettext_lazy("counts as another value")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    position = models.PositiveIntegerField(gettext_lazy("position"), default=10)
    provider = models.CharField(
        gettext_lazy("identity provider"),
        max_length=40,
        blank=True,
        help_text=gettext_lazy("Its name in addresses. Blank for all of them."),
    )
    claim = models.CharField(
        gettext_lazy("claim"),
        max_length=200,
        help_text=gettext_lazy("A key such as groups, or a path such as realm_access.roles."),
    )
    pattern = models.CharField(
        gettext_lazy("value"),
        max_length=200,
        help_text=gettext_lazy("What one of its values has to be. * stands for anything."),
    )
    effect = models.CharField(gettext_lazy("effect"), max_length=10, choices=Effect.choices)
    role = models.CharField(gettext_lazy("role"), max_length=20, choices=Role.choices, blank=True)
    team = models.ForeignKey(
        Team, verbose_name=gettext_lazy("team"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    tier = models.CharField(gettext_lazy("tier"), max_length=20, choices=User.Tier.choices, blank=True)
    counts_as = models.CharField(gettext_lazy("other value"), max_length=200, blank=True)

    class Meta:
        verbose_name = gettext_lazy("claim rule")
        verbose_name_plural = gettext_lazy("claim rules")
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(effect="role", team=None, tier="", counts_as="") & ~Q(role="")
                | Q(effect="team", team__isnull=False, role="", tier="", counts_as="")
                | Q(effect="tier", team=None, role="", counts_as="") & ~Q(tier="")
                | Q(effect="counts_as", team=None, role="", tier="") & ~Q(counts_as=""),
                name="claim_rule_one_effect",
                violation_error_message=gettext_lazy("Fill in what belongs to the effect, and nothing else."),
            ),
            models.CheckConstraint(
                condition=~Q(claim="") & ~Q(pattern=""),
                name="claim_rule_asks_for_something",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.claim} = {self.pattern}"

    @property
    def value(self) -> str:
        """What it gives, as it is stored with what was given."""
        return str(self.team_id) if self.effect == self.Effect.TEAM else self.role or self.tier or self.counts_as

    def as_rule(self) -> Rule:
        return Rule(str(self.pk), self.claim, self.pattern, cast(Effect, self.effect), self.value)

    def clean(self) -> None:
        super().clean()
        others = [rule.as_rule() for rule in ClaimRule.objects.exclude(pk=self.pk)]
        if self.effect == self.Effect.COUNTS_AS and self.counts_as and (loop := loop_of([*others, self.as_rule()])):
            words = _("These rules would go round in a circle: %(values)s. Take one of them out, or change it.")
            raise ValidationError({"counts_as": words % {"values": " → ".join(loop)}})


class SSOGrant(models.Model):
    """One thing that a provider's claims gave a person: a role, a membership by the team's id, or a tier. What somebody
    else gave has no row, and stays when the claims change."""

    class Kind(models.TextChoices):
        ROLE = "role"
        TEAM = "team"
        TIER = "tier"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sso_grants")
    provider = models.CharField(max_length=40)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    value = models.CharField(max_length=64)
    given_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "provider", "kind", "value"], name="sso_grant_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.value} of {self.user_id} by {self.provider}"


class SSOSession(models.Model):
    """A session here that began with a sign-in at an issuer, which names it by `sid` and its person by `subject` when
    it has it ended."""

    session_key = models.CharField(max_length=40, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sso_sessions")
    provider = models.CharField(max_length=40)
    issuer = models.CharField(max_length=500)
    subject = models.CharField(max_length=255)
    sid = models.CharField(max_length=255, blank=True)
    began_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["provider", "subject"], name="sso_session_by_subject")]

    def __str__(self) -> str:
        return f"{self.user_id} by {self.provider}"


class SSOTrace(models.Model):
    """What came of one sign-in through a provider: the claims it made, what each rule said of them, and what changed.
    `detail` is technical, for an administrator; `reason` is what the person was told."""

    class Outcome(models.TextChoices):
        SIGNED_IN = "signed_in", gettext_lazy("Signed in")
        CREATED = "created", gettext_lazy("Account created")
        LINKED = "linked", gettext_lazy("Linked to an account")
        CONNECTED = "connected", gettext_lazy("Connected by its person")
        SIGNED_OUT = "signed_out", gettext_lazy("Sessions ended by the issuer")
        REFUSED = "refused", gettext_lazy("Refused")
        FAILED = "failed", gettext_lazy("Failed")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField(gettext_lazy("time"), default=timezone.now, db_index=True)
    provider = models.CharField(gettext_lazy("identity provider"), max_length=40)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="sso_traces")
    outcome = models.CharField(gettext_lazy("outcome"), max_length=12, choices=Outcome.choices)
    reason = models.CharField(gettext_lazy("reason"), max_length=24, blank=True)
    detail = models.CharField(max_length=500, blank=True)
    claims = models.JSONField(default=dict)
    verdicts = models.JSONField(default=list)
    changes = models.JSONField(default=list)

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.provider} {self.outcome}"
