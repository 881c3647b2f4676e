"""The mail that tells an owner what will expire, where the site sends mail."""

from __future__ import annotations

import logging
from collections.abc import Collection
from uuid import UUID

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import User
from chat.models import Conversation

logger = logging.getLogger(__name__)

# A longer list is read on the page.
NAMED = 20


def send_expiry_mail(owner_id: UUID, ids: Collection[UUID]) -> None:
    """One for all of them. Where it can't be sent the log says so: their pages tell it in any case."""
    owner = User.objects.filter(id=owner_id, is_active=True).first()
    if not settings.SENDS_MAIL or owner is None:
        return
    found = Conversation.objects.filter(id__in=ids).order_by("resolved_at")
    context = {
        "conversations": found[:NAMED],
        "more": max(0, len(ids) - NAMED),
        "site": settings.APP_BASE_URL,
        "days": settings.EXPIRY_NOTICE_DAYS,
        # Those of one mail are of one kind.
        "is_health": any(one.is_health for one in found[:1]),
    }
    with override(owner.language):
        subject = _("Some of your conversations will lose their messages")
        text = render_to_string("chat/email/expiry.txt", context)
    try:
        send_mail(subject, text, None, [owner.email])
    except OSError as exc:  # what the mail server refuses is one too
        logger.warning("the mail about %d conversations that expire wasn't sent: %s", len(ids), exc)
