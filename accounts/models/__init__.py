from accounts.models.api_key import APIKey
from accounts.models.audit import AuditEntry, AuditHead, AuditOrigin, Pseudonym
from accounts.models.invitation import Invitation
from accounts.models.preferences import Preferences
from accounts.models.role import Role
from accounts.models.sso import ClaimRule, IdentityProvider, SSOGrant, SSOSession, SSOTrace
from accounts.models.team import Membership, Team
from accounts.models.user import User

__all__ = [
    "APIKey",
    "AuditEntry",
    "AuditHead",
    "AuditOrigin",
    "ClaimRule",
    "IdentityProvider",
    "Invitation",
    "Membership",
    "Preferences",
    "Pseudonym",
    "Role",
    "SSOGrant",
    "SSOSession",
    "SSOTrace",
    "Team",
    "User",
]
