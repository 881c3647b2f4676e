"""When background tasks run that nobody asked for."""

from __future__ import annotations

from typing import Any

from celery.schedules import crontab

SCHEDULE: dict[str, dict[str, Any]] = {
    "delete-old-audit-entries": {"task": "accounts.tasks.delete_old_audit_entries", "schedule": crontab(minute="5")},
    "delete-ended-sign-ins": {"task": "accounts.tasks.delete_ended_sign_ins", "schedule": crontab(minute="15")},
    "forget-old-sign-ins": {"task": "accounts.tasks.forget_old_sign_ins", "schedule": crontab(minute="20")},
    "sweep-erasures": {"task": "accounts.tasks.sweep_erasures", "schedule": 60.0},
    "retire-inactive": {"task": "accounts.tasks.retire_inactive", "schedule": crontab(minute="15")},
    "remind-of-breaches": {"task": "accounts.tasks.remind_of_breaches", "schedule": 600.0},
    "sweep-missing-titles": {"task": "chat.tasks.sweep_missing_titles", "schedule": 60.0},
    "purge-deleted-messages": {"task": "chat.tasks.purge_deleted_messages", "schedule": 600.0},
    "purge-trash": {"task": "chat.tasks.purge_trash", "schedule": 300.0},
    "pause-idle": {"task": "chat.tasks.pause_idle", "schedule": 60.0},
    "sweep-completions": {"task": "chat.tasks.sweep_completions", "schedule": crontab(minute="35")},
    "expire-old": {"task": "chat.tasks.expire_old", "schedule": crontab(minute="25")},
    "sweep-exports": {"task": "chat.tasks.sweep_exports", "schedule": 60.0},
    "sweep-imports": {"task": "chat.tasks.sweep_imports", "schedule": 60.0},
    "purge-stray-files": {"task": "chat.tasks.purge_stray_files", "schedule": crontab(minute="50")},
    "purge-expired-shares": {"task": "chat.tasks.purge_expired_shares", "schedule": crontab(minute="55")},
    "purge-deleted-prompts": {"task": "chat.tasks.purge_deleted_prompts", "schedule": 600.0},
    "sweep-message-checks": {"task": "chat.tasks.sweep_message_checks", "schedule": 60.0},
    "sweep-cached-responses": {"task": "providers.tasks.sweep_cached_responses", "schedule": 600.0},
    "sweep-reservations": {"task": "providers.tasks.sweep_reservations", "schedule": 300.0},
    # By the clock, so that a process that is restarted more often than hourly comes to them too.
    "roll-up-usage": {"task": "providers.tasks.roll_up_usage", "schedule": crontab(minute="10")},
    "forget-payers": {"task": "providers.tasks.forget_payers", "schedule": crontab(minute="45")},
    "sweep-wire-requests": {"task": "providers.tasks.sweep_wire_requests", "schedule": crontab(minute="40")},
    # Of those that nobody could run meanwhile one is enough.
    "check-idle-endpoints": {
        "task": "providers.tasks.check_idle_endpoints",
        "schedule": 60.0,
        "options": {"expires": 60.0},
    },
}
