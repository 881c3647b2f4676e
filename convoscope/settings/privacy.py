"""How long what is known of people is kept, as far as operators don't choose it."""

from __future__ import annotations

# How long before its end an account that nobody uses is announced to its owner, and announced again
PROFILE_NOTICE_DAYS = (30, 7)
# How long a conversation with health data keeps it after its last message
HEALTH_RETENTION_DAYS = 30
# How long sums of what was used stand by person
ANALYTICS_RETENTION_DAYS = 730
# How long an erasure can be taken back
ERASURE_GRACE_DAYS = 7
