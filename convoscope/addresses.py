"""Django's `{% url %}`. Of a constant name with one id, what stands around the id is put together once: a page of
messages has two hundred such addresses, and they took a tenth of its time."""

from __future__ import annotations

from functools import lru_cache
from uuid import UUID

from django import template
from django.template import defaulttags
from django.template.base import Node, Parser, Token
from django.template.context import Context
from django.urls import NoReverseMatch, get_script_prefix, get_urlconf, reverse
from django.utils.html import escape

register = template.Library()

# No address has it but for the place of an id.
_PLACE = UUID(int=0)


@register.tag("url")
def url(parser: Parser, token: Token) -> Node:
    node = defaulttags.url(parser, token)
    name = node.view_name.var
    is_plain = isinstance(name, str) and ":" not in name and not node.view_name.filters
    return AddressNode(node, name) if is_plain and len(node.args) == 1 and not node.kwargs else node


class AddressNode(Node):
    child_nodelists = ()

    def __init__(self, node: defaulttags.URLNode, name: str) -> None:
        self.node = node
        self.name = name
        self.argument = node.args[0]

    def render(self, context: Context) -> str:
        value = self.argument.resolve(context)
        if type(value) is not UUID:
            return self.node.render(context)
        try:
            before, after = _around(self.name, get_urlconf(), get_script_prefix())
        except NoReverseMatch:
            return self.node.render(context)
        address = f"{before}{value}{after}"
        if self.node.asvar:
            context[self.node.asvar] = address
            return ""
        return escape(address) if context.autoescape else address


@lru_cache(maxsize=1024)
def _around(name: str, urlconf: str | None, prefix: str) -> tuple[str, str]:
    before, _, after = reverse(name, urlconf=urlconf, args=[_PLACE]).partition(str(_PLACE))
    return before, after
