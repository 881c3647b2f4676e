"""The request as our middleware hands it to views."""

from __future__ import annotations

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails


class HtmxRequest(HttpRequest):
    """A request that says whether HTMX sent it: a type only, no such object is ever made."""

    htmx: HtmxDetails
