"""What `<live-stream>` does with pushed objects, in Python: a page's messages and how far each of them is."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from tests.chat.rendering.page import Page


@dataclass
class Article:
    run: str
    fence: int
    seq: int
    is_busy: bool
    page: Page = field(default_factory=Page)

    @property
    def html(self) -> str:
        return self.page.html()


def read_articles(html: str) -> dict[str, Article]:
    """The answers of a page or fragment, by message id."""
    found = {}
    for match in re.finditer(r'<article id="[^"]*" class="answer"([^>]*)>(.*?)</article>', html, re.S):
        attributes = dict(re.findall(r'data-(\w+)="([^"]*)"', match[1]))
        if "fence" not in attributes:
            continue  # a reference: a page that has the message drops it, another one fetches it
        article = Article(
            attributes.get("run", ""), int(attributes["fence"]), int(attributes["seq"]), "aria-busy" in match[1]
        )
        body = re.search(r'data-body dir="auto">(.*)</div>\s*<footer', match[2], re.S)
        assert body is not None
        if body[1]:
            article.page.apply(f"<template data-op>{body[1]}</template>")
        found[attributes["message"]] = article
    return found


class LivePage:
    def __init__(self, html: str = "", *, version: int = 0, last: str | None = None) -> None:
        self.articles = read_articles(html)
        self.version = version
        self.last = last
        self.needs_sync = False
        self.early: dict[str, list[dict[str, Any]]] = {}

    def hello(self) -> dict[str, Any]:
        unfinished = {key: [one.fence, one.seq] for key, one in self.articles.items() if one.is_busy}
        return {"type": "hello", "version": self.version, "last": self.last, "unfinished": unfinished}

    def receive(self, message: dict[str, Any]) -> None:
        if message["type"] == "notice":
            self._notice(message["html"])
        elif message["type"] == "state":
            self._state(message)
        else:
            self._frame(message)

    def _notice(self, html: str) -> None:
        for key, article in read_articles(html).items():
            if key not in self.articles:
                self.articles[key] = article
                self.last = key
                for message in self.early.pop(article.run, []):
                    self.receive(message)

    def _state(self, message: dict[str, Any]) -> None:
        if message["html"].lstrip().startswith("<article"):
            self.articles.update({k: a for k, a in read_articles(message["html"]).items() if k in self.articles})
            self.needs_sync = False
        elif (article := self._article(message["run"])) is not None:
            article.page.apply(message["html"])

    def _frame(self, message: dict[str, Any]) -> None:
        article = self._article(message["run"])
        if article is None:
            self.early.setdefault(message["run"], []).append(message)
            return
        if not article.is_busy:
            return
        order = (message["fence"], message["seq"])
        if order <= (article.fence, article.seq):
            return
        if message["fence"] == article.fence:
            follows = message["seq"] == article.seq + 1
        else:
            follows = message["seq"] == 1 and article.fence == 0
        if not follows:
            self.needs_sync = True
            return
        article.fence, article.seq = order
        if message["type"] == "frame":
            article.page.apply(message["html"])
        article.is_busy = message["type"] != "end"

    def _article(self, run: str) -> Article | None:
        return next((article for article in self.articles.values() if article.run == run), None)
