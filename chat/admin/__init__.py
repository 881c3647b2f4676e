"""Conversations and what belongs to them in the admin, its first page, and what stands at its side."""

from chat.admin import belongings, conversations, experiments, messages, work

__all__ = ["belongings", "conversations", "experiments", "messages", "work"]
