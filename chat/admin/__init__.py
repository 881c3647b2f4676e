"""Conversations, runs, and what moderators work with, in the admin."""

from __future__ import annotations

from chat.admin import conversations, moderation

__all__ = ["conversations", "moderation"]
