"""Where a page finds its styles."""

from __future__ import annotations

from django import template

from convoscope import styles

register = template.Library()
register.simple_tag(styles.stylesheet_url)
