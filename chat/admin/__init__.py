"""Conversations and what belongs to them in the admin, its first page and its side, and what moderators work with."""

from chat.admin import belongings, conversations, experiments, guards, messages, moderation, work

__all__ = ["belongings", "conversations", "experiments", "guards", "messages", "moderation", "work"]
