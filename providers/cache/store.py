"""Keeps answers and finds them. Everything here talks to the database: call it in a thread for that."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from convoscope.numbers import number
from providers.cache.bounds import ANSWER_MAX_BYTES, ROW_BYTES, is_look_due, make_room
from providers.cache.digest import text_digest
from providers.cache.policy import CacheScope, NotCached, Question, cache_scope, is_allowed, never_cached
from providers.contract import ChatRequest, Usage
from providers.models import CachedResponse, CacheSettings

logger = logging.getLogger(__name__)

LIKE_QUESTION_TTL = timedelta(hours=24)
SIMILARITY_AT_LEAST = 0.92


@dataclass(frozen=True, slots=True)
class CachedAnswer:
    """An answer that was kept, and how it was found. `usage` is what it took when it was made."""

    id: UUID
    kind: Literal["exact", "semantic"]
    similarity: float
    text: str
    usage: Usage
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Consulted:
    """What the cache said. Without a `scope` the answer must not be kept either; `verdict` is for who looks into it."""

    scope: CacheScope | None
    answer: CachedAnswer | None
    verdict: str


def consult(request: ChatRequest, *, model_full_id: str, collections: Sequence[str] = ()) -> Consulted:
    """Ask the cache, by the settings as they are now."""
    if reason := never_cached(request):
        return Consulted(None, None, _off(reason))
    site = CacheSettings.objects.current()
    scope = cache_scope(request, model_full_id=model_full_id, site=site, collections=collections)
    if isinstance(scope, NotCached):
        return not_cached(scope)
    answer, verdict = lookup(scope)
    return Consulted(scope, answer, verdict)


def not_cached(why: NotCached) -> Consulted:
    return Consulted(None, None, _off(why.reason))


def no_entry(scope: CacheScope) -> str:
    """What the cache says where it holds nothing of the kind and like questions aren't looked for."""
    return with_reason(_("no entry; no like question is looked for"), scope.why_no_question)


def lookup(scope: CacheScope) -> tuple[CachedAnswer | None, str]:
    """The answer, if there is one, and what the cache has to say about it in either case."""
    now = timezone.now()
    if scope.uses_exact:
        row = _rows(scope).filter(request_digest=scope.request_digest, exact_until__gt=now).first()
        if row is not None:
            return _answer(row, "exact", 1.0), _hit(row, now)
    if scope.question is None:
        return None, no_entry(scope)
    return _like(scope, scope.question, now)


def remember(scope: CacheScope, *, text: str, usage: Usage) -> bool:
    """Keep a complete answer. False if it is too large, or if the site doesn't want it kept any more."""
    size_bytes = len(text.encode("utf-8", "surrogatepass"))
    if not text or size_bytes > ANSWER_MAX_BYTES:
        return False
    row = _row(scope, text, usage, size_bytes)
    try:
        with transaction.atomic():
            # Two that asked the same at the same time: the later answer stands.
            CachedResponse.objects.bulk_create(
                [row],
                update_conflicts=True,
                unique_fields=["scope", "request_digest"],
                update_fields=_REPLACED,
            )
    except IntegrityError:
        logger.info("an answer is not kept: the account of who asked is gone")
        return False
    # Asked after the insert: who changes the settings removes what stands there by then, so that nothing slips between.
    if not is_allowed(scope, CacheSettings.objects.current()):
        _rows(scope).filter(request_digest=scope.request_digest).delete()
        return False
    if is_look_due(scope.request_digest):
        make_room()
    return True


def note_hit(answer: CachedAnswer) -> None:
    """The answer was given again: what is used stays."""
    CachedResponse.objects.filter(id=answer.id).update(hits=F("hits") + 1, last_used_at=timezone.now())


def _rows(scope: CacheScope) -> models.QuerySet[CachedResponse]:
    # The digest stands for the model already; said twice, no fault in one of them crosses from model to model.
    return CachedResponse.objects.filter(scope=scope.key, model=scope.model)


def _like(scope: CacheScope, question: Question, now: datetime) -> tuple[CachedAnswer | None, str]:
    # Imported where it is needed: numpy, and the model behind the vectors.
    from providers.cache.nearest import Place, neighbours
    from providers.embeddings.local import local_embedder

    embedder = local_embedder()
    [vector] = embedder.embed_now([question.wording])
    if not vector.any():
        return None, _off(_("no words"))
    place = Place(scope.key, question.context_digest, scope.model, embedder.name)
    nearest = neighbours.nearest(place, vector, at_least=SIMILARITY_AT_LEAST)
    if not nearest.ids:
        if not nearest.similarity:
            return None, _("no entry, and no like question")
        figures = {"nearest": number(nearest.similarity, 2), "threshold": number(SIMILARITY_AT_LEAST, 2)}
        return None, _("nearest %(nearest)s, below %(threshold)s") % figures
    row_id = _saying_the_same([row_id for row_id, _similarity in nearest.ids], scope, question, now)
    row = CachedResponse.objects.filter(id=row_id).first() if row_id is not None else None
    if row is not None:
        return _answer(row, "semantic", dict(nearest.ids)[row.id]), _hit(row, now)
    return None, _("nearest %(nearest)s, but it says something else") % {"nearest": number(nearest.similarity, 2)}


def _saying_the_same(ids: list[UUID], scope: CacheScope, question: Question, now: datetime) -> UUID | None:
    """The nearest that really is what was looked for. Asked for by id alone: given more to go by, SQLite walks through
    everything of the scope."""
    wanted = (scope.key, scope.model, question.context_digest, text_digest(question.wording))
    fields = ("id", "expires_at", "scope", "model", "context_digest", "wording_digest")
    found = {
        row_id: tuple(of) == wanted and expires_at > now
        for row_id, expires_at, *of in CachedResponse.objects.filter(id__in=ids).values_list(*fields)
    }
    return next((row_id for row_id in ids if found.get(row_id)), None)


def _row(scope: CacheScope, text: str, usage: Usage, size_bytes: int) -> CachedResponse:
    now = timezone.now()
    row = CachedResponse(
        scope=scope.key,
        asked_by_id=scope.payer.user_id,
        model=scope.model,
        request_digest=scope.request_digest,
        text=text,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cached_tokens=usage.cached_tokens,
        reasoning_tokens=usage.reasoning_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        created_at=now,
        last_used_at=now,
        exact_until=now + timedelta(seconds=settings.CACHE_TTL) if scope.uses_exact else now,
    )
    row.expires_at = row.exact_until
    if scope.question is not None:
        _add_vector(row, scope.question)
        row.expires_at = max(row.exact_until, now + LIKE_QUESTION_TTL)
    row.size_bytes = size_bytes + len(row.embedding or b"") + ROW_BYTES
    return row


def _add_vector(row: CachedResponse, question: Question) -> None:
    from providers.cache.nearest import packed
    from providers.embeddings.local import local_embedder

    embedder = local_embedder()
    [vector] = embedder.embed_now([question.wording])
    row.context_digest = question.context_digest
    row.wording_digest = text_digest(question.wording)
    row.embedder = embedder.name
    row.embedding = packed(vector) if vector.any() else None


def _answer(row: CachedResponse, kind: Literal["exact", "semantic"], similarity: float) -> CachedAnswer:
    usage = Usage(
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        cached_tokens=row.cached_tokens,
        reasoning_tokens=row.reasoning_tokens,
        cache_write_tokens=row.cache_write_tokens,
    )
    return CachedAnswer(row.id, kind, similarity, row.text, usage, row.created_at)


def _hit(row: CachedResponse, now: datetime) -> str:
    minutes = int((now - row.created_at).total_seconds() // 60)
    if minutes < 1:
        return _("hit: asked within the last minute")
    if minutes < 60:
        return _("hit: asked %(minutes)d min ago") % {"minutes": minutes}
    return _("hit: asked %(hours)d h ago") % {"hours": minutes // 60}


def _off(reason: str) -> str:
    return with_reason(_("off"), reason)


def with_reason(said: str, reason: str) -> str:
    """Inspect translates the parts of what is kept so."""
    return f"{said}: {reason}"


_REPLACED = [
    field.name
    for field in CachedResponse._meta.concrete_fields
    if field.name not in ("id", "scope", "request_digest", "hits")
]
