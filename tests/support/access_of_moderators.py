"""Who gets what where moderators work, for the access matrix. Who isn't of the staff is led to the admin's sign-in."""

from __future__ import annotations

from tests.support.access_lines import MODERATORS, Line, get, post
from tests.support.belongings import FLAG_ID

REASON = {"reason": "It insults."}

MODERATION: dict[str, Line] = {
    "moderation_queue": get(MODERATORS, refuses="login"),
    "moderation_dismiss": post(MODERATORS, REASON | {"flags": FLAG_ID}, refuses="login"),
    "moderation_claim": post(MODERATORS, refuses="login"),
    # Nobody has claimed it.
    "moderation_unclaim": post(MODERATORS, asks=True, refuses="login"),
    # Nothing was flagged in it: it is asked why it should be read.
    "moderation_conversation": get(MODERATORS, refuses="login"),
    "moderation_look": post(MODERATORS, REASON | {"hours": "1"}, refuses="login"),
    "moderation_act": post(
        MODERATORS, REASON | {"kind": "mark_reviewed"}, refuses="login", of={"conversation_id": "flagged"}
    ),
    "moderation_image": get(
        MODERATORS, refuses="login", of={"conversation_id": "flagged", "attachment_id": "flagged_image"}
    ),
    "moderation_restore": post(MODERATORS, REASON, refuses="login"),
    "moderation_appeals": get(MODERATORS, refuses="login"),
    "moderation_appeal": post(
        MODERATORS,
        {"outcome": "refused", "answer": "We looked again."},
        refuses="login",
        of={"action_id": "appealed"},
    ),
    "moderation_looks": get(MODERATORS, refuses="login"),
}
