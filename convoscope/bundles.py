"""Files that a page loads as one, so that it waits for one answer instead of forty: its styles, and its scripts."""

from __future__ import annotations

import functools
import gzip
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from convoscope.scripts import joined_scripts
from convoscope.styles import joined_styles

JOINED: dict[str, Callable[[], str]] = {
    "app.css": joined_styles,
    "main.js": functools.partial(joined_scripts, "main.js"),
    "shared-page.js": functools.partial(joined_scripts, "shared-page.js"),
}
_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}
_ADDRESS = re.compile(r"/bundles/(?P<digest>[0-9a-f]+)/(?P<name>[\w-]+\.(?:css|js))$")


@dataclass(frozen=True, slots=True)
class Bundle:
    content: bytes
    packed: bytes
    digest: str


def bundle_url(name: str) -> str:
    """The address names the contents, so that browsers may keep what they got for good."""
    return reverse("bundle", args=[_bundle(name).digest, name])


@require_safe
def bundle(request: HttpRequest, digest: str, name: str) -> HttpResponse:
    """Asked for another version's, as pages do while versions change, it gives this one's, not to be kept."""
    if name not in JOINED:
        raise Http404
    joined = _bundle(name)
    takes_gzip = "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(
        joined.packed if takes_gzip else joined.content, content_type=_TYPES[name.rpartition(".")[2]]
    )
    if takes_gzip:
        response["Content-Encoding"] = "gzip"
    patch_vary_headers(response, ["Accept-Encoding"])
    response["Cache-Control"] = "public, max-age=31536000, immutable" if digest == joined.digest else "no-store"
    return response


class BundlesMiddleware:
    """Gives them before anybody asks who wants them: they are the same for all, no cookie makes others of them, and a
    page that tells of a database that is gone has them too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        asked = _ADDRESS.fullmatch(request.path)
        if asked and asked["name"] in JOINED and request.path == bundle_url(asked["name"]):
            return bundle(request, **asked.groupdict())
        return self._get_response(request)


def _bundle(name: str) -> Bundle:
    # Read again at each request where somebody edits them.
    return _made(name) if settings.DEBUG else _kept(name)


def _made(name: str) -> Bundle:
    content = JOINED[name]().encode()
    return Bundle(content, gzip.compress(content, mtime=0), hashlib.sha256(content).hexdigest()[:12])


_kept = functools.cache(_made)
