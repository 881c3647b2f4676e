"""What the views of this app ask of a request."""

from __future__ import annotations

from django.http import HttpRequest


def is_htmx(request: HttpRequest) -> bool:
    """Whether a part of a page asks, which a fragment answers."""
    return request.headers.get("HX-Request") == "true"
