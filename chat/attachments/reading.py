"""Has a file read by a process of its own, and says in words what can't be taken."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import signal
import subprocess  # nosec B404  # for a module of ours, see below
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import BoundedSemaphore
from typing import Any

from django.conf import settings

from chat.attachments import words
from chat.attachments.faults import FaultName
from chat.attachments.texts import COMMENTED, without_comments
from convoscope.errors import AppError, ValidationFailed

logger = logging.getLogger(__name__)

# More than the largest window of a model holds
DOCUMENT_MAX_CHARS = 2_000_000
# Each may take up to a gigabyte, and a thread for uploads.
READ_AT_ONCE = 3

_TEXT_TYPES = {
    ".csv": "text/csv",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
}
# How the limits of `child.py` end it, and a machine whose memory is full
_OUT_OF_TIME = (signal.SIGKILL, signal.SIGXCPU)
_ERROR = re.compile(r"\b[A-Z]\w*Error\b")
_turns = BoundedSemaphore(READ_AT_ONCE)


@dataclass(frozen=True, slots=True)
class ReadFile:
    """What a file is and says. Of an image `sent` is what models are given, and `thumbnail` what pages show."""

    kind: str
    media_type: str
    size_bytes: int
    sha256: str
    text: str = ""
    width: int | None = None
    height: int | None = None
    sent: bytes = b""
    thumbnail: bytes = b""


class Busy(AppError):
    """Too many files are being read. Seen by who attached one."""

    code = "BUSY"
    http_status = 503


def read_file(chunks: Iterable[bytes], *, name: str, wait_s: float) -> ReadFile:
    """`name` is for the words, and tells kinds of text apart. `wait_s` is how long it may wait for others.

    Raises: ValidationFailed, which says what is wrong and what to do; Busy.
    """
    with TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR, prefix="attachment-") as folder:
        path, digest, size_bytes = Path(folder) / "original", hashlib.sha256(), 0
        with path.open("wb") as file:
            for chunk in chunks:
                size_bytes += len(chunk)
                if size_bytes > settings.MAX_UPLOAD_BYTES:
                    break
                digest.update(chunk)
                file.write(chunk)
        require_size(name, size_bytes)
        found = _read(path, name, wait_s)
        is_image = found["kind"] == "image"
        return ReadFile(
            kind=found["kind"],
            media_type=_media_type(found["media_type"], name),
            size_bytes=size_bytes,
            sha256=digest.hexdigest(),
            text="" if is_image else _seen(name, (path.parent / "text").read_text("utf-8")),
            width=found.get("width"),
            height=found.get("height"),
            sent=(path.parent / "sent").read_bytes() if is_image else b"",
            thumbnail=(path.parent / "thumbnail").read_bytes() if is_image else b"",
        )


def require_size(name: str, size_bytes: int) -> None:
    """Raises: ValidationFailed for a file that is empty, or larger than MAX_UPLOAD_BYTES."""
    if size_bytes > settings.MAX_UPLOAD_BYTES:
        raise ValidationFailed(words.too_large(name, size_bytes, settings.MAX_UPLOAD_BYTES), field="file")
    if size_bytes == 0:
        raise ValidationFailed(words.empty(name), field="file")


def _read(path: Path, name: str, wait_s: float) -> dict[str, Any]:
    with _turn(name, wait_s):
        found = _ask_child(path)
    if fault := found.get("fault"):
        raise ValidationFailed(words.refusal(fault, found["detail"], name=name), field="file")
    return found


def _ask_child(path: Path) -> dict[str, Any]:
    """What the process prints; one that was ended by a limit is a fault of the file."""
    command = [sys.executable, "-m", "chat.attachments.child", str(path), str(path.parent), str(DOCUMENT_MAX_CHARS)]
    # Nothing of the environment: it holds keys.
    environment = {"PATH": os.defpath, "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(  # noqa: S603  # nosec B603  # our own module, and paths that we made
            command,
            cwd=settings.BASE_DIR,
            env=environment,
            capture_output=True,
            timeout=settings.ATTACHMENT_READ_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _fault("too_slow")
    if -done.returncode in _OUT_OF_TIME:
        return _fault("too_slow")
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        # It fell over something that no rule of ours foresaw. All that it says may repeat what is in the file.
        errors = ", ".join(sorted(set(_ERROR.findall(done.stderr.decode("utf-8", "replace")))))
        logger.error("the process that reads a file ended with %s: %s", done.returncode, errors or "no error's name")
        return _fault("damaged")
    return found


def _fault(name: FaultName) -> dict[str, Any]:
    return {"fault": name, "detail": {}}


def _seen(name: str, text: str) -> str:
    """Without what nobody sees who opens it. Raises: ValidationFailed where nothing is left."""
    if Path(name).suffix.lower() in COMMENTED and not (text := without_comments(text)).strip():
        raise ValidationFailed(words.refusal("no_text", {}, name=name), field="file")
    return text


def _media_type(found: str, name: str) -> str:
    return _TEXT_TYPES.get(Path(name).suffix.lower(), found) if found == "text/plain" else found


@contextmanager
def _turn(name: str, wait_s: float) -> Iterator[None]:
    if not _turns.acquire(timeout=wait_s):
        raise Busy(words.busy(name))
    try:
        yield
    finally:
        _turns.release()
