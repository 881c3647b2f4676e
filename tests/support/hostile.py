"""Texts that try to become markup, put in the place of whatever people, models and imports wrote."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from django.apps import apps
from django.db import models

from chat.rendering import render_markdown
from tests.support.belongings import HERS

# It breaks out of text, of attributes of either quote, of comments, scripts, titles and text areas; and it is a link,
# an image and a template's tag to what takes it for Markdown or a template.
EVIL = (
    "evil\"'><x-evil onclick=evil()></x-evil>--></script></title></textarea></template><x-evil onfocus=evil()>"
    "<svg/onload=evil()>[evil](javascript:evil())![evil](https://evil.example/x.png){{7*7}}{% x %}"
)
MARK = "evil"
LOADED = ("href", "src", "srcset", "action", "formaction", "data", "poster", "hx-get", "hx-post")
APPS = ("accounts", "chat", "providers", "account", "socialaccount", "mfa", "usersessions")
# What the product made itself: ids, sums, keys and addresses; a form takes no such text for them.
OURS = re.compile(
    r"(id|key|keys|hash|digest|sha256|token|slug|file|password|secret|status|kind|role|source|provider|currency|language"
    r"|theme|timezone|time_zone|html|type|media_type|product|effect|scope|feature|outcome|reason|endpoint|adapter|format"
    r"|base_url|address|url|email|ip|phase|setting|tier|memory|period|unit|level|purpose|credentials|version"
    r"|cache_scope|counts_as|pattern|entries|regex|task|name_key|issuer|tenant|metadata_url|metadata|trigger|words)"
    r"|.*_(id|key|keys|hash|digest|token|code|kind|type|url|scope|by|from)"
)
# Names that stand in addresses, which nothing but letters, digits and hyphens may
SLUGS = ("Endpoint.name", "PersonalEndpoint.name")


def make_hostile() -> int:
    """Spoil every row there is; how many values."""
    return sum(_spoil(model) for model in apps.get_models() if model._meta.app_label in APPS)


def _spoil(model: type[models.Model]) -> int:
    count = 0
    fields = [field for field in model._meta.concrete_fields if _is_free(field)]
    if not fields or not model._meta.managed:
        return 0
    for row in model._base_manager.all():
        changed = {field.attname: spoiled(getattr(row, field.attname), row.pk, field) for field in fields}
        changed = {name: value for name, value in changed.items() if value != getattr(row, name)}
        if changed:
            # `update`, since an action would refuse some of it.
            model._base_manager.filter(pk=row.pk).update(**changed)
            count += len(changed)
    return count


def _is_free(field: models.Field[Any, Any]) -> bool:
    is_text = isinstance(field, models.CharField | models.TextField | models.JSONField)
    is_slug = f"{field.model.__name__}.{field.name}" in SLUGS
    return is_text and not (field.choices or field.primary_key or is_slug or OURS.fullmatch(field.name))


def spoiled(value: Any, pk: object, field: models.Field[Any, Any]) -> Any:
    if isinstance(field, models.JSONField):
        return _within(value)
    # Some have to differ from each other, or from one row to the next.
    return f"{EVIL}{field.name}{pk}" if value else value


def _within(value: Any) -> Any:
    match value:
        case dict():
            return {key: evil_html() if key == "html" else _within(one) for key, one in value.items()}
        case list():
            return [_within(one) for one in value]
        case str() if " " in value or value in HERS:
            return EVIL
        case _:
            return value


def evil_html() -> str:
    """As answers are stored: rendered by the product."""
    return render_markdown(EVIL)


class Page(HTMLParser):
    """What of a page a browser would run, load or send elsewhere."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "x-evil":
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            if _is_active(tag, name, value or ""):
                self.found.append(f"<{tag} {name}={value}>")


def _is_active(tag: str, name: str, value: str) -> bool:
    if name.startswith("on") or name in ("style", "srcdoc"):
        return MARK in value
    leads = re.match(r"\s*([a-z]+):", value, re.I)
    if leads and leads[1].lower() in ("javascript", "vbscript", "data"):
        return MARK in value
    # A link to another site is one to click on, and says where it leads.
    is_followed = tag == "a" and name == "href"
    return name in LOADED and not is_followed and bool(re.match(r"\s*(https?:)?//evil\.example", value))


def active_in(html: str) -> list[str]:
    return Page(html).found
