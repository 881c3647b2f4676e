"""What may be answered from the cache, and from whose answers. Whoever isn't sure is not given one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from providers.cache.digest import context_digest, request_digest
from providers.cache.wording import QUESTION_MAX_CHARS, is_bound_to_its_day, wording
from providers.contract import ChatRequest, Payer, TextPart, ToolCallPart, ToolResultPart
from providers.models import CacheSettings

# Above it, variety is what was asked for.
MAX_TEMPERATURE = 1.0
Shared = CacheSettings.SharedScope


@dataclass(frozen=True, slots=True)
class NotCached:
    """The cache has nothing to do with a request. `reason` is a sentence for who looks into the answer."""

    reason: str


@dataclass(frozen=True, slots=True)
class Question:
    """A first question that may be answered by the answer to a like one. `context_digest` is all but the question."""

    wording: str
    context_digest: str


@dataclass(frozen=True, slots=True)
class CacheScope:
    """Whose answers a request may be given, and which.

    `key` names the person, team or site; `uses_exact` is whether the same request is looked for; `question` is what a
    like one is looked for by, or None, and `why_no_question` says why.
    """

    key: str
    payer: Payer
    model: str
    request_digest: str
    uses_exact: bool
    question: Question | None
    why_no_question: str = ""


def cache_scope(
    request: ChatRequest, *, model_full_id: str, site: CacheSettings, collections: Sequence[str] = ()
) -> CacheScope | NotCached:
    """`model_full_id` is the model that would be asked, `collections` are the ids of those that are searched for it."""
    if reason := never_cached(request) or _switched_off(site):
        return NotCached(reason)
    key = scope_key(request.payer, site)
    if not key:
        return NotCached(_("nobody is named whose answers these would be"))
    why_no_question = "" if site.is_semantic_enabled else _("like questions are switched off")
    question = None
    if not why_no_question:
        question, why_no_question = _question(request, model_full_id, collections)
    uses_exact = site.is_exact_enabled and settings.CACHE_TTL > 0
    if not uses_exact and question is None:
        return NotCached(why_no_question)
    return CacheScope(
        key=key,
        payer=request.payer,
        model=model_full_id,
        request_digest=request_digest(request, model_full_id=model_full_id, collections=collections),
        uses_exact=uses_exact,
        question=question,
        why_no_question=why_no_question,
    )


def never_cached(request: ChatRequest) -> str:
    """Why a request has nothing to do with the cache whatever the site says; "" if it may have."""
    if not request.may_use_cache:
        return _("a new answer was asked for, or nothing of this may be kept")
    if request.feature != "chat":
        return _("not for background work")
    if request.partial_text:
        return _("an answer is continued")
    if request.tools or _speaks_of_tools(request):
        return _("tools are involved")
    if request.temperature is not None and not request.temperature <= MAX_TEMPERATURE:
        return _("temperature above 1")
    return ""


def scope_key(payer: Payer, site: CacheSettings) -> str:
    """Who shares answers with whom; "" for nobody. Without a team, a person's answers stay their own."""
    if site.shared_scope == Shared.SITE:
        return "site"
    if site.shared_scope == Shared.TEAM and payer.team_id is not None:
        return _key("team", payer.team_id)
    return _key("user", payer.user_id) if payer.user_id is not None else ""


def is_allowed(scope: CacheScope, site: CacheSettings) -> bool:
    """Whether the site still is as it was when the scope was made."""
    return not _switched_off(site) and scope.key == scope_key(scope.payer, site)


def _key(kind: str, one: UUID) -> str:
    return f"{kind}:{one}"


def _switched_off(site: CacheSettings) -> str:
    is_on = site.is_semantic_enabled or (site.is_exact_enabled and settings.CACHE_TTL > 0)
    return "" if is_on else _("the cache is switched off")


def _speaks_of_tools(request: ChatRequest) -> bool:
    return any(
        message.role == "tool" or isinstance(part, ToolCallPart | ToolResultPart)
        for message in request.messages
        for part in message.parts
    )


def _question(request: ChatRequest, model_full_id: str, collections: Sequence[str]) -> tuple[Question | None, str]:
    """The question, or why there is none."""
    roles = [message.role for message in request.messages]
    if roles[-1:] != ["user"] or set(roles[:-1]) - {"system"}:
        return None, _("not the first question of a conversation")
    parts = request.messages[-1].parts
    if len(parts) != 1 or not isinstance(parts[0], TextPart):
        return None, _("more than a question")
    text = parts[0].text.strip()
    if len(text) > QUESTION_MAX_CHARS or "\n" in text:
        return None, _("longer than a question")
    said = wording(text)
    if not said:
        return None, _("no words")
    if is_bound_to_its_day(said):
        return None, _("the question is about the present")
    return Question(said, context_digest(request, model_full_id=model_full_id, collections=collections)), ""
