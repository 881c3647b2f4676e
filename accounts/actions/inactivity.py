"""Accounts that nobody has signed in to for PROFILE_RETENTION_DAYS: told of twice by mail, then erased like those whose
owners ask for it."""

from __future__ import annotations

from datetime import datetime, timedelta

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.actions.erasures import OnlyAdministrator, request_erasure
from accounts.actions.privacy_mail import send_inactivity
from accounts.models import APIKey, ErasureRequest, InactivityNotice, LegalHold, User
from convoscope.background import time_is_up

AT_ONCE = 100


def retire_inactive() -> int:
    """Tell those whose time is near, tell them again, and have those erased who were told twice. Returns how many were
    told, or are to be erased."""
    now = timezone.now()
    _forget_notices(now)
    if not settings.PROFILE_RETENTION_DAYS:
        return 0
    first, second = (timedelta(days=days) for days in settings.PROFILE_NOTICE_DAYS)
    done = 0
    for user in _unused(now, before_end=first).filter(inactivity_notice=None)[:AT_ONCE]:
        if time_is_up():
            break
        if InactivityNotice.objects.get_or_create(user=user, defaults={"first_at": now})[1]:
            send_inactivity(user, erased_at=now + first)
            done += 1
    told = InactivityNotice.objects.filter(second_at=None, first_at__lte=now - (first - second)).select_related("user")
    for notice in told.filter(user__in=_unused(now, before_end=first))[:AT_ONCE]:
        if InactivityNotice.objects.filter(pk=notice.pk, second_at=None).update(second_at=now):
            send_inactivity(notice.user, erased_at=now + second)
            done += 1
    for user in _unused(now).filter(inactivity_notice__second_at__lte=now - second)[:AT_ONCE]:
        if time_is_up():
            break
        done += _retire(user)
    return done


def _retire(user: User) -> bool:
    """The two notices were the grace."""
    try:
        request_erasure(user=user, reason=ErasureRequest.Reason.INACTIVE, grace=timedelta())
    except OnlyAdministrator:
        return False
    InactivityNotice.objects.filter(user=user).delete()
    return True


def _forget_notices(now: datetime) -> None:
    """Of those who came back, and of all where accounts are kept for ever."""
    notices = InactivityNotice.objects.all()
    if settings.PROFILE_RETENTION_DAYS:
        notices = notices.exclude(user__in=_unused(now, before_end=timedelta(days=settings.PROFILE_NOTICE_DAYS[0])))
    notices.delete()


def _unused(now: datetime, *, before_end: timedelta = timedelta()) -> QuerySet[User]:
    """Whose time is over, or will be that soon. A key of theirs that is used says that they are there, and so does a
    session: an app renews its own for as long as it is used, without another sign-in."""
    limit = now - timedelta(days=settings.PROFILE_RETENTION_DAYS) + before_end
    used = APIKey.objects.filter(user=OuterRef("pk"), last_used_at__gt=limit)
    seen = UserSession.objects.filter(user=OuterRef("pk"), last_seen_at__gt=limit)
    unfinished = ErasureRequest.objects.filter(Q(status="waiting") | Q(status="running"), user=OuterRef("pk"))
    held = LegalHold.objects.standing().filter(user=OuterRef("pk"))
    people = User.objects.annotate(last_seen=Coalesce(F("last_login"), F("date_joined")))
    return people.filter(
        ~Exists(used), ~Exists(seen), ~Exists(unfinished), ~Exists(held), last_seen__lte=limit
    ).order_by("pk")
