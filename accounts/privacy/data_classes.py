"""The classes of data, each with what holds for all of it. Pages and the register of processing are made from these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings
from django.utils.functional import Promise, lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from convoscope.durations import days_in_words


class Sensitivity(StrEnum):
    PUBLIC = "public"
    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    RESTRICTED = "restricted"


SENSITIVITIES: dict[Sensitivity, Promise] = {
    Sensitivity.PUBLIC: gettext_lazy("Public"),
    Sensitivity.INTERNAL: gettext_lazy("Internal"),
    Sensitivity.CONFIDENTIAL: gettext_lazy("Confidential"),
    Sensitivity.RESTRICTED: gettext_lazy("Restricted"),
}


def _of_conversations() -> str:
    if settings.ENCRYPT_CONTENT:
        return _(
            "Each message and file, under FIELD_ENCRYPTION_KEYS; titles by that of the disk and of the connections"
        )
    return str(_DISK)


_DISK = gettext_lazy("That of the disk and of the connections")
_ENCRYPTION = lazy(_of_conversations, str)
_KEYS = gettext_lazy("That of the disk and of the connections; keys also by FIELD_ENCRYPTION_KEYS, passwords as hashes")


@dataclass(frozen=True, slots=True)
class DataClass:
    """`days` is how long it is kept, 0 for as long as its owner wants; `counted` is from when. `consent` is blank where
    none is asked."""

    name: str
    label: Promise
    holds: Promise
    sensitivity: Sensitivity
    days: Callable[[], int]
    counted: Promise
    encryption: Promise | str
    consent: Promise | str
    legal_basis: Promise

    @property
    def sensitivity_label(self) -> Promise:
        return SENSITIVITIES[self.sensitivity]

    @property
    def kept(self) -> str:
        """In words."""
        days = self.days()
        if not days:
            return _("As long as its owner wants")
        return _("%(time)s %(counted)s") % {"time": days_in_words(days), "counted": self.counted}


CONVERSATIONS = DataClass(
    name="conversations",
    label=gettext_lazy("Conversations"),
    holds=gettext_lazy("Messages, attached files, folders, prompts, links, and what was sent to providers for them"),
    sensitivity=Sensitivity.CONFIDENTIAL,
    days=lambda: int(settings.RETENTION_DAYS),
    counted=gettext_lazy("after a conversation was resolved"),
    encryption=_ENCRYPTION(),
    consent=gettext_lazy("By the terms, where the site has any"),
    legal_basis=gettext_lazy("Consent"),
)
PROFILE = DataClass(
    name="profile",
    label=gettext_lazy("Profile"),
    holds=gettext_lazy("Address, password, roles, preferences, what models are told of the person, sessions, keys"),
    sensitivity=Sensitivity.RESTRICTED,
    days=lambda: int(settings.PROFILE_RETENTION_DAYS),
    counted=gettext_lazy("after the last sign-in"),
    encryption=_KEYS,
    consent="",
    legal_basis=gettext_lazy("Contract"),
)
HEALTH = DataClass(
    name="health",
    label=gettext_lazy("Health data"),
    holds=gettext_lazy("Conversations that their owner said hold health data"),
    sensitivity=Sensitivity.RESTRICTED,
    # Never longer than other conversations.
    days=lambda: int(min(settings.HEALTH_RETENTION_DAYS, settings.RETENTION_DAYS or settings.HEALTH_RETENTION_DAYS)),
    counted=gettext_lazy("after the last message"),
    encryption=_ENCRYPTION(),
    consent=gettext_lazy("Explicit, for each conversation"),
    legal_basis=gettext_lazy("Explicit consent"),
)
ANALYTICS = DataClass(
    name="analytics",
    label=gettext_lazy("Analytics"),
    holds=gettext_lazy("Sums of what was used each day, and which answers were preferred, by person"),
    sensitivity=Sensitivity.INTERNAL,
    days=lambda: int(settings.ANALYTICS_RETENTION_DAYS),
    counted=gettext_lazy("after the day; the sums stay without the person"),
    encryption=_DISK,
    consent=gettext_lazy("Optional: who declines isn't named in reports"),
    legal_basis=gettext_lazy("Legitimate interest"),
)
AUDIT = DataClass(
    name="audit",
    label=gettext_lazy("Audit log and ledger"),
    holds=gettext_lazy("Who did what and when, what was used and what it cost; after an erasure without the person"),
    sensitivity=Sensitivity.RESTRICTED,
    days=lambda: int(settings.AUDIT_RETENTION_DAYS),
    counted=gettext_lazy("after the entry; lines of the ledger stay without the person"),
    encryption=_DISK,
    consent="",
    legal_basis=gettext_lazy("Legal obligation"),
)
DATA_CLASSES = (CONVERSATIONS, PROFILE, HEALTH, ANALYTICS, AUDIT)
