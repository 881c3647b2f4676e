"""Django's `i18n` tags. A constant `{% translate %}` is looked up once in each language: a page has hundreds, and they
took an eighth of its time."""

from __future__ import annotations

from django import template
from django.template.base import Node, Parser, Token
from django.template.context import Context
from django.templatetags import i18n
from django.utils.translation import get_language

register = template.Library()
register.tags |= i18n.register.tags
register.filters |= i18n.register.filters


@register.tag("translate")
def translate(parser: Parser, token: Token) -> Node:
    node = i18n.do_translate(parser, token)
    said = node.filter_expression
    is_constant = said.var.literal is not None and not said.filters and node.message_context is None
    return ConstantNode(node) if is_constant else node


class ConstantNode(Node):
    child_nodelists = ()

    def __init__(self, node: i18n.TranslateNode) -> None:
        self.asvar, node.asvar = node.asvar, None
        self.node = node
        self.texts: dict[str | None, str] = {}

    def render(self, context: Context) -> str:
        language = get_language()
        text = self.texts.get(language)
        if text is None:
            text = self.texts[language] = self.node.render(context)
        if self.asvar is None:
            return text
        context[self.asvar] = text
        return ""
