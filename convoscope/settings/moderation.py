"""What is looked for in what people write and are answered, and who is told."""

from __future__ import annotations

from convoscope.settings import env

# Whether people are told that a moderator read a conversation of theirs in which nothing was flagged.
MODERATION_TELLS_OWNERS = env.boolean("MODERATION_TELLS_OWNERS", True)
# The moderation model that looks at what was said: the address of OpenAI's API, or of one that speaks it, up to its
# version. None without.
MODERATION_URL = env.text("MODERATION_URL").rstrip("/")
MODERATION_API_KEY = env.secret("MODERATION_API_KEY")
MODERATION_MODEL = env.text("MODERATION_MODEL", "omni-moderation-latest")
MODERATION_TIMEOUT_SECONDS = env.seconds("MODERATION_TIMEOUT_SECONDS", 20, minimum=0.1, maximum=60)
# Whether personal data and secrets are taken out of what is logged
REDACT_LOGS = env.boolean("REDACT_LOGS", False)
