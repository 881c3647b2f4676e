from accounts.models.api_key import APIKey
from accounts.models.audit import AuditEntry, AuditHead, AuditOrigin, Pseudonym
from accounts.models.invitation import Invitation
from accounts.models.preferences import Preferences
from accounts.models.privacy import (
    Breach,
    Consent,
    ErasureRequest,
    ErasureStep,
    InactivityNotice,
    LegalHold,
    Terms,
)
from accounts.models.role import Role
from accounts.models.sso import ClaimRule, IdentityProvider, SSOGrant, SSOSession, SSOTrace
from accounts.models.team import Membership, Team
from accounts.models.user import User

__all__ = [
    "APIKey",
    "AuditEntry",
    "AuditHead",
    "AuditOrigin",
    "Breach",
    "ClaimRule",
    "Consent",
    "ErasureRequest",
    "ErasureStep",
    "IdentityProvider",
    "InactivityNotice",
    "Invitation",
    "LegalHold",
    "Membership",
    "Preferences",
    "Pseudonym",
    "Role",
    "SSOGrant",
    "SSOSession",
    "SSOTrace",
    "Team",
    "Terms",
    "User",
]
