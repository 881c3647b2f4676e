"""Requests to the cache, and answers in it."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

from accounts.models import User
from providers.cache.policy import CacheScope, cache_scope
from providers.cache.store import CachedAnswer, consult, remember
from providers.contract import ChatMessage, ChatRequest, Payer, Usage
from providers.models import CacheSettings

MODEL = "openai/gpt-5"
USAGE = Usage(input_tokens=20, output_tokens=9, cached_tokens=4, reasoning_tokens=3, cache_write_tokens=2)
QUESTION = "What is the capital of Austria?"
ANSWER = "Vienna."


def ask(user: User | UUID | None, text: str = QUESTION, *, system: str = "", **changes: object) -> ChatRequest:
    """A first question, as a conversation asks it."""
    messages = [ChatMessage.of_text("system", system)] if system else []
    user_id = user.id if isinstance(user, User) else user
    request = ChatRequest(
        request_id=uuid4(),
        messages=(*messages, ChatMessage.of_text("user", text)),
        model=MODEL,
        temperature=0.7,
        payer=Payer(user_id=user_id),
        may_use_cache=True,
    )
    return replace(request, **changes)  # type: ignore[arg-type] # the fields of the dataclass, checked when it is made


def site(**changes: object) -> CacheSettings:
    """The site's settings, stored."""
    row = CacheSettings(**{"is_semantic_enabled": True, **changes})
    row.save()
    return row


def scope_of(request: ChatRequest, model: str = MODEL, collections: tuple[str, ...] = ()) -> CacheScope:
    current = CacheSettings.objects.current()
    scope = cache_scope(request, model_full_id=model, site=current, collections=collections)
    assert isinstance(scope, CacheScope), scope
    return scope


def keep(request: ChatRequest, text: str = ANSWER, *, model: str = MODEL, collections: tuple[str, ...] = ()) -> bool:
    return remember(scope_of(request, model, collections), text=text, usage=USAGE)


def given(request: ChatRequest, *, model: str = MODEL, collections: tuple[str, ...] = ()) -> CachedAnswer | None:
    return consult(request, model_full_id=model, collections=collections).answer


def verdict(request: ChatRequest, *, model: str = MODEL) -> str:
    return consult(request, model_full_id=model).verdict
