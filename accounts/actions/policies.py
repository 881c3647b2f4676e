"""The site's policies that the environment sets: nobody changes them in the admin, so a start tells the audit log."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction

from accounts.actions.audit import hold_chain, record
from accounts.models import AuditEntry

ACTION = "policies.changed"
# As variables call them.
POLICIES = (
    "SIGNUP_POLICY",
    "SIGNUP_DOMAINS",
    "MFA_REQUIRED_ROLES",
    "RETENTION_DAYS",
    "PROFILE_RETENTION_DAYS",
    "AUDIT_RETENTION_DAYS",
    "JWT_PROVIDERS",
)


def record_policies() -> bool:
    """Write down the policies that hold from now on, where they aren't those that were written down last. Of processes
    that start at once the first one does. Returns whether it did."""
    now = {name: getattr(settings, name) for name in POLICIES}
    if _recorded() == now:
        return False
    with transaction.atomic():
        hold_chain()
        if (before := _recorded()) == now:
            return False
        changed = {name: [before.get(name), value] for name, value in now.items() if before.get(name) != value}
        record(ACTION, by=None, details={"changed": changed, "now": now})
    return True


def _recorded() -> dict[str, object]:
    """Empty before the first start."""
    last = AuditEntry.objects.filter(action=ACTION).order_by("-number").first()
    return dict(last.details["now"]) if last else {}
