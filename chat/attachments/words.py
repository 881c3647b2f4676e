"""What people are told of a file that can't be taken: what is wrong with it, and what to do."""

from __future__ import annotations

from collections.abc import Mapping

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.attachments.faults import FaultName
from convoscope.numbers import number

WHAT = {
    "archive": gettext_lazy("an archive; unpack it, and attach the files in it"),
    "binary": gettext_lazy("no text and none of the other kinds"),
    "bitmap": gettext_lazy("a BMP picture; save it as PNG"),
    "database": gettext_lazy("a database"),
    "excel": gettext_lazy("an Excel workbook; save the sheet as CSV"),
    "film": gettext_lazy("a film"),
    "heic": gettext_lazy("a HEIC or AVIF picture; save it as JPEG"),
    "icon": gettext_lazy("an icon; save it as PNG"),
    "old_office": gettext_lazy("a document of an older Office; save it as DOCX or PDF"),
    "open_document": gettext_lazy("an OpenDocument file; save it as DOCX or PDF"),
    "photoshop": gettext_lazy("a Photoshop picture; save it as PNG or JPEG"),
    "powerpoint": gettext_lazy("a PowerPoint presentation; save it as PDF"),
    "program": gettext_lazy("a program"),
    "rtf": gettext_lazy("an RTF document; save it as DOCX or PDF"),
    "sound": gettext_lazy("a sound recording"),
    "tiff": gettext_lazy("a TIFF picture; save it as PNG or JPEG"),
}


def too_large(name: str, size_bytes: int, limit_bytes: int) -> str:
    return _("“%(name)s” has %(size)s; the limit is %(limit)s a file. Make it smaller, or attach a part of it.") % {
        "name": name,
        "size": filesizeformat(size_bytes),
        "limit": filesizeformat(limit_bytes),
    }


def empty(name: str) -> str:
    return _("“%(name)s” is empty. Choose another file.") % {"name": name}


def busy(name: str) -> str:
    return _("“%(name)s” wasn't attached: the server is reading other files. Try again in a moment.") % {"name": name}


def not_stored(name: str) -> str:
    return _(
        "“%(name)s” wasn't attached: the server couldn't store it, since its disk may be full. Try again later, or "
        "tell its administrator."
    ) % {"name": name}


def refusal(fault: FaultName, detail: Mapping[str, str | int], *, name: str) -> str:
    """A sentence or two, with the file's name."""
    given: dict[str, object] = {"name": name}
    given |= {key: number(value) if isinstance(value, int) else value for key, value in detail.items()}
    if "what" in detail:
        given["what"] = WHAT[str(detail["what"])]
    return _WORDS[fault] % given


_WORDS = {
    "damaged": gettext_lazy(
        "“%(name)s” is damaged or cut off, so it can't be read. Save or download it anew, then attach it again."
    ),
    "encrypted": gettext_lazy("“%(name)s” is protected by a password. Save a copy without one, then attach that."),
    "encoding": gettext_lazy(
        "The encoding of the text in “%(name)s” can't be told for sure. Save it as UTF-8, then attach it again."
    ),
    "no_text": gettext_lazy(
        "No text was found in “%(name)s”. If it was scanned, attach its pages as pictures, or have the text in it "
        "recognised first."
    ),
    "too_large": gettext_lazy("Reading “%(name)s” takes more memory than a file may use. Attach a smaller part of it."),
    "too_long": gettext_lazy(
        "“%(name)s” has %(chars)s characters of text; the limit is %(limit)s. Attach a part of it."
    ),
    "too_many_pages": gettext_lazy(
        "“%(name)s” has %(pages)s pages; the limit is %(limit)s. Save the pages that matter as a file of their own."
    ),
    "too_many_pixels": gettext_lazy(
        "“%(name)s” has %(width)s × %(height)s pixels; the limit is %(limit)s in all. Make it smaller, then attach it "  # noqa: RUF001  # the sign of a size
        "again."
    ),
    "too_slow": gettext_lazy(
        "Reading “%(name)s” takes too long, so it was given up. Save it anew or as another kind of file, or attach a "
        "part of it."
    ),
    "type": gettext_lazy(
        "“%(name)s” is %(what)s, which can't be attached. What can: PNG, JPEG, WebP and GIF pictures, PDF, DOCX, "
        "Markdown, CSV, code and other text."
    ),
    "unpacked": gettext_lazy(
        "“%(name)s” would be far too large unpacked, so it wasn't opened. Save it anew, or as a PDF."
    ),
}
