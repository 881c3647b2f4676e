"""Which feature answers which rule of the GDPR, the CCPA and SOC 2, and the tests that show it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy


@dataclass(frozen=True, slots=True)
class Control:
    rule: str
    asks: Promise
    feature: Promise
    tests: tuple[str, ...]


_PRIVACY = "tests/accounts/privacy"
_SECURITY = "tests/security"
_ERASURE = gettext_lazy("Erasure with a grace, in recorded steps, with a receipt")
_EXPORT = gettext_lazy("One file with everything, as JSON, tables and files")
CONTROLS = (
    Control(
        "GDPR 5 (1) e",
        gettext_lazy("Kept no longer than needed"),
        gettext_lazy("Classes of data with their times, held by the clock"),
        (f"{_PRIVACY}/test_retention.py", "tests/chat/lifecycle/test_expiry.py"),
    ),
    Control(
        "GDPR 6, 7",
        gettext_lazy("Consent: shown, recorded, withdrawn as easily as given"),
        gettext_lazy("Terms with versions, optional uses, a history of decisions"),
        (f"{_PRIVACY}/test_consents.py",),
    ),
    Control(
        "GDPR 9",
        gettext_lazy("Explicit consent to health data"),
        gettext_lazy("Conversations that are marked as health data"),
        (f"{_PRIVACY}/test_retention.py",),
    ),
    Control("GDPR 15, 20", gettext_lazy("Access and portability"), _EXPORT, (f"{_PRIVACY}/test_export.py",)),
    Control(
        "GDPR 16",
        gettext_lazy("Rectification"),
        gettext_lazy("Preferences, memory and address, each changed by its owner"),
        ("tests/chat/test_memory_page.py", "tests/accounts/test_pages.py"),
    ),
    Control("GDPR 17", gettext_lazy("Erasure"), _ERASURE, (f"{_PRIVACY}/test_erasure.py",)),
    Control(
        "GDPR 21",
        gettext_lazy("Objection to analytics"),
        gettext_lazy("Who declines isn't named in reports and takes no part in experiments"),
        (f"{_PRIVACY}/test_consents.py",),
    ),
    Control(
        "GDPR 25",
        gettext_lazy("Protection by design and by default"),
        gettext_lazy("Each model that leads to a person declares what becomes of it; others' things are not there"),
        (f"{_PRIVACY}/test_register.py", "tests/test_access_matrix.py"),
    ),
    Control(
        "GDPR 30",
        gettext_lazy("Records of processing"),
        gettext_lazy("A page made of the register"),
        (f"{_PRIVACY}/test_admin.py",),
    ),
    Control(
        "GDPR 32",
        gettext_lazy("Security of processing"),
        gettext_lazy("Passwords as hashes, provider keys encrypted, limits on tries"),
        ("tests/accounts/test_sign_in.py", "tests/providers/test_own_keys.py", f"{_SECURITY}/test_headers.py"),
    ),
    Control(
        "GDPR 33, 34",
        gettext_lazy("Breaches told within 72 hours"),
        gettext_lazy("A record whose clock runs, with reminders"),
        (f"{_PRIVACY}/test_breaches.py",),
    ),
    Control("CCPA 1798.100, 110", gettext_lazy("Right to know"), _EXPORT, (f"{_PRIVACY}/test_export.py",)),
    Control("CCPA 1798.105", gettext_lazy("Right to delete"), _ERASURE, (f"{_PRIVACY}/test_erasure.py",)),
    Control(
        "CCPA 1798.120",
        gettext_lazy("Right to opt out of sale or sharing"),
        gettext_lazy("Nothing is sold; optional uses are off until chosen"),
        (f"{_PRIVACY}/test_consents.py",),
    ),
    Control(
        "SOC 2 CC6.1",
        gettext_lazy("Logical access"),
        gettext_lazy("Roles; what isn't one's own is not there"),
        ("tests/test_access_matrix.py", "tests/accounts/test_roles.py"),
    ),
    Control(
        "SOC 2 CC6.6",
        gettext_lazy("Protection against attacks from outside"),
        gettext_lazy("Every address is tried with hostile texts, forms, files and paths"),
        (
            f"{_SECURITY}/test_hostile_texts.py",
            f"{_SECURITY}/test_foreign_forms.py",
            f"{_SECURITY}/test_uploads.py",
            f"{_SECURITY}/test_paths.py",
        ),
    ),
    Control(
        "SOC 2 CC7.2",
        gettext_lazy("Monitoring of what is done"),
        gettext_lazy("An audit log that shows changes to itself"),
        ("tests/accounts/audit/test_chain.py", "tests/accounts/audit/test_recorded.py"),
    ),
    Control(
        "SOC 2 CC7.4",
        gettext_lazy("Response to incidents"),
        gettext_lazy("The record of breaches"),
        (f"{_PRIVACY}/test_breaches.py",),
    ),
    Control(
        "SOC 2 P4.2, P4.3",
        gettext_lazy("Retention and disposal"),
        gettext_lazy("Times for each class of data; erasure; legal holds"),
        (f"{_PRIVACY}/test_retention.py", f"{_PRIVACY}/test_holds.py"),
    ),
    Control("SOC 2 P5.1", gettext_lazy("Access by the person"), _EXPORT, (f"{_PRIVACY}/test_export.py",)),
)
