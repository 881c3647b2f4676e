"""The styles as one sheet: what `app.css` names, joined in its order, so that a page waits for one answer instead of
forty. The files stand in `static/css`, one a concept."""

from __future__ import annotations

import functools
import gzip
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

FOLDER = settings.STATICFILES_DIRS[0] / "css"
_IMPORT = re.compile(r'^@import url\("(?P<file>[\w-]+\.css)"\) layer\((?P<layer>\w+)\)(?: (?P<media>\w+))?;$', re.M)


@dataclass(frozen=True, slots=True)
class Sheet:
    css: bytes
    packed: bytes
    digest: str


def stylesheet_url() -> str:
    """The address names the contents, so that browsers may keep what they got for good."""
    return reverse("stylesheet", args=[_sheet().digest])


@require_safe
def stylesheet(request: HttpRequest, digest: str) -> HttpResponse:
    """Asked for another version's sheet, as pages do while versions change, it gives this one's, not to be kept."""
    sheet = _sheet()
    takes_gzip = "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(sheet.packed if takes_gzip else sheet.css, content_type="text/css; charset=utf-8")
    if takes_gzip:
        response["Content-Encoding"] = "gzip"
    patch_vary_headers(response, ["Accept-Encoding"])
    response["Cache-Control"] = "public, max-age=31536000, immutable" if digest == sheet.digest else "no-store"
    return response


class StylesMiddleware:
    """Gives the sheet before anybody asks who wants it: it is the same for all, no cookie makes another one of it, and
    a page that tells of a database that is gone has it too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.endswith(".css") and request.path == stylesheet_url():
            return stylesheet(request, _sheet().digest)
        return self._get_response(request)


def _sheet() -> Sheet:
    # Read again at each request where somebody edits them.
    return _joined() if settings.DEBUG else _kept()


def _joined() -> Sheet:
    css = _IMPORT.sub(_inlined, (FOLDER / "app.css").read_text(encoding="utf-8")).encode()
    return Sheet(css, gzip.compress(css, mtime=0), hashlib.sha256(css).hexdigest()[:12])


_kept = functools.cache(_joined)


def _inlined(found: re.Match[str]) -> str:
    rules = f"@layer {found['layer']} {{\n{(FOLDER / found['file']).read_text(encoding='utf-8')}}}"
    return f"@media {found['media']} {{\n{rules}\n}}" if found["media"] else rules
