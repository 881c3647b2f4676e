"""The process that reads one file: `python -m chat.attachments.child FILE FOLDER MAX_CHARS`.

What comes of it stands in the folder: `text`, or `sent` and `thumbnail`; what there is to say of it, or the fault, is
printed as JSON. It may use only so much of the machine: whatever a file makes a library do, it ends here.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from chat.attachments.faults import Fault
from chat.attachments.formats import Format, format_of

MEMORY_BYTES = 2**30
CPU_S = 20
FILE_BYTES = 2**26
OPEN_FILES = 64
MEDIA_TYPES: dict[Format, str] = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "text": "text/plain",
}


def main(path: Path, folder: Path, max_chars: int) -> dict[str, Any]:
    try:
        with _memory_as_fault():
            kind = format_of(path)
            if kind in ("PNG", "JPEG", "WEBP", "GIF"):
                return _picture(path, kind, folder)
            return _document(path, kind, folder, max_chars)
    except Fault as fault:
        return {"fault": fault.name, "detail": fault.detail}


@contextmanager
def _memory_as_fault() -> Iterator[None]:
    try:
        yield
    except (MemoryError, RecursionError) as exc:
        raise Fault("too_large") from exc


def _picture(path: Path, kind: Format, folder: Path) -> dict[str, Any]:
    from chat.attachments.images import read_picture

    picture = read_picture(path, kind)
    (folder / "sent").write_bytes(picture.sent)
    (folder / "thumbnail").write_bytes(picture.thumbnail)
    size = {"width": picture.width, "height": picture.height}
    return {"kind": "image", "media_type": MEDIA_TYPES[kind], **size}


def _document(path: Path, kind: Format, folder: Path, max_chars: int) -> dict[str, Any]:
    if kind == "pdf":
        from chat.attachments.pdf import read_pdf

        text = read_pdf(path, max_chars=max_chars)
    elif kind == "docx":
        from chat.attachments.docx import read_docx

        text = read_docx(path, max_chars=max_chars)
    else:
        from chat.attachments.texts import read_text

        text = read_text(path.read_bytes())
        if not text.strip():
            raise Fault("no_text")
    if len(text) > max_chars:
        raise Fault("too_long", chars=len(text), limit=max_chars)
    (folder / "text").write_text(text, encoding="utf-8", newline="")
    return {"kind": "document", "media_type": MEDIA_TYPES[kind]}


def _limit() -> None:
    limits = (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    )
    for what, most in limits:
        # macOS takes no limit of memory; the others hold there.
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    _limit()
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))))
