"""Where a page finds its styles and its scripts."""

from __future__ import annotations

from django import template

from convoscope import bundles

register = template.Library()

register.simple_tag(bundles.bundle_url)
