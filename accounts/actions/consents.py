"""What people agree to: the site's terms, and optional uses. Each decision is a row, and the latest one holds."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actions.audit import record
from accounts.models import Consent, Terms, User
from accounts.sessions import close_sessions_of
from convoscope.errors import ValidationFailed

Purpose = Consent.Purpose
# That of the words below; whoever changes their meaning counts it up.
OPTIONAL_VERSION = 1
OPTIONAL: dict[str, tuple[Promise, Promise]] = {
    Purpose.QUALITY_REVIEW.value: (
        gettext_lazy("Quality review"),
        gettext_lazy("Your conversations may take part in experiments that compare models and instructions."),
    ),
    Purpose.ANALYTICS.value: (
        gettext_lazy("Analytics"),
        gettext_lazy("Reports on what is used may name you. Without it your use is counted, but not under your name."),
    ),
}


def publish_terms(*, terms: Terms, by: User) -> None:
    """A new version, which everybody is asked to agree to when they come next."""
    with transaction.atomic():
        latest = Terms.objects.select_for_update().order_by("-version").first()
        terms.version = latest.version + 1 if latest else 1
        terms.save(force_insert=True)
        User.objects.update(has_terms_due=True)
        record("terms.published", by=by, on=terms, details={"version": terms.version})
        close_sessions_of(None)


def ask_for_terms(user: User) -> None:
    """A new person is asked, where the site has terms. Saved with their row."""
    user.has_terms_due = Terms.objects.exists()


def current_terms() -> Terms | None:
    return Terms.objects.order_by("-version").first()


def agree(*, user: User, version: int, optional: Collection[str]) -> None:
    """To the terms of this version, and to those optional uses; the others are declined.

    Raises: ValidationFailed if the terms changed while they were read.
    """
    with transaction.atomic():
        terms = Terms.objects.select_for_update().order_by("-version").first()
        if terms is None or terms.version != version:
            raise ValidationFailed(_("The terms have changed since. Read them as they are now."), field="agrees")
        _decide(user, Purpose.TERMS, version, is_given=True)
        for purpose in OPTIONAL:
            _decide(user, purpose, OPTIONAL_VERSION, is_given=purpose in optional)
        User.objects.filter(id=user.id).update(has_terms_due=False)
        record("consent.given", by=user, concerns=user, details={"terms": version, "optional": sorted(optional)})


def choose_optional(*, user: User, given: Collection[str]) -> None:
    """On the page of privacy: only what changed is a decision."""
    now = decisions(user.id)
    changed = [one for one in OPTIONAL if now.get(one, False) != (one in given)]
    with transaction.atomic():
        for purpose in changed:
            _decide(user, purpose, OPTIONAL_VERSION, is_given=purpose in given)
        if changed:
            details = {purpose: purpose in given for purpose in changed}
            record("consent.changed", by=user, concerns=user, details=details)


def withdraw_terms(*, user: User) -> None:
    """From then on nothing but the way out is open, until they agree again. Where there are none nobody could."""
    if current_terms() is None:
        return
    with transaction.atomic():
        _decide(user, Purpose.TERMS, decided_version(user.id), is_given=False)
        User.objects.filter(id=user.id).update(has_terms_due=True)
        record("consent.withdrawn", by=user, concerns=user)
        close_sessions_of(user)


def decide_on_health(*, user: User, conversation_id: UUID, is_given: bool) -> None:
    """For the caller's transaction, which classes the conversation so."""
    Consent.objects.create(
        user=user, purpose=Purpose.HEALTH, version=OPTIONAL_VERSION, is_given=is_given, about=conversation_id
    )
    action = "consent.given" if is_given else "consent.withdrawn"
    record(action, by=user, concerns=user, details={"health": str(conversation_id)})


def decisions(user_id: UUID) -> dict[str, bool]:
    """The latest of each purpose; a purpose that was never decided on is absent."""
    latest: dict[str, bool] = {}
    for consent in Consent.objects.of(user_id).filter(about=None):
        latest.setdefault(consent.purpose, consent.is_given)
    return latest


def decided_version(user_id: UUID) -> int:
    given = Consent.objects.of(user_id).filter(purpose=Purpose.TERMS).values_list("version", flat=True)
    return given.first() or 0


def who_declined(purpose: str, user_ids: Iterable[UUID]) -> set[UUID]:
    """Those of them who were asked and don't agree, or agreed once and don't any more."""
    last = Consent.objects.filter(user=OuterRef("pk"), purpose=purpose).order_by("-at", "-id")
    people = User.objects.filter(id__in=list(user_ids)).annotate(agrees=Subquery(last.values("is_given")[:1]))
    return set(people.filter(agrees=False).values_list("id", flat=True))


def _decide(user: User, purpose: str, version: int, *, is_given: bool) -> None:
    Consent.objects.create(user=user, purpose=purpose, version=version, is_given=is_given)
    if purpose == Purpose.QUALITY_REVIEW:
        user.declines_review = not is_given
        user.save(update_fields=["declines_review"])
