"""What an administrator's keyword lists have against a text."""

from __future__ import annotations

from functools import lru_cache

from chat.guards.keywords import KeywordList as WordList
from chat.guards.keywords import Keywords
from chat.models import Flag, KeywordList
from chat.models.moderation import Category, Severity
from chat.moderation.concerns import Concern


def keyword_concerns(text: str) -> list[Concern]:
    """One for each category that it has words of. Of several lists of a category it is the most severe that counts."""
    lists = list(KeywordList.objects.filter(is_active=True).order_by("-severity", "name"))
    names = {one.rule for one in _keywords(tuple(map(_words, lists)))(text)} if lists else set()
    found: dict[str, list[KeywordList]] = {}
    for one in lists:
        if one.name in names:
            found.setdefault(one.category, []).append(one)
    return [
        Concern(
            Flag.Source.KEYWORD,
            Category(category),
            Severity(having[0].severity),
            {"lists": [one.name for one in having]},
        )
        for category, having in found.items()
    ]


def _words(one: KeywordList) -> WordList:
    entries = tuple(one.entries.splitlines())
    return WordList(one.name, words=entries) if one.has_whole_words else WordList(one.name, parts=entries)


@lru_cache(maxsize=4)
def _keywords(lists: tuple[WordList, ...]) -> Keywords:
    """Made once for the lists as they are."""
    return Keywords(lists)
