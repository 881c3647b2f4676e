"""Where files lie. Those that people attach are encrypted as their messages are, see `encrypted_content`. A file that
is imported or exported is not: it lies there for days, and may be larger than the memory."""

from __future__ import annotations

import os
import secrets
from io import BytesIO
from pathlib import Path
from shutil import copymode
from typing import Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage

from convoscope.encrypted_content import MARK, from_stored, is_current, to_stored

ENCRYPTED = "attachments/"
PLACE = "files"
_MARK = MARK.encode()


class ContentStorage(FileSystemStorage):
    def _save(self, name: str, content: File[Any]) -> str:
        if name.startswith(ENCRYPTED):
            content = ContentFile(to_stored(content.read(), place=PLACE))
        saved: str = super()._save(name, content)  # type: ignore[misc]  # untyped
        return saved

    def _open(self, name: str, mode: str = "rb") -> File[Any]:
        file: File[Any] = super()._open(name, mode)  # type: ignore[misc]  # untyped
        if not name.startswith(ENCRYPTED) or file.read(len(_MARK)) != _MARK:
            file.seek(0)
            return file
        with file:
            return File(BytesIO(from_stored(_MARK + file.read(), place=PLACE)), name=name)

    def store_anew(self, name: str) -> bool:
        """As the site wants it now; whether it was otherwise. A reader at the same moment has the one or the other.

        Raises: FileNotFoundError; Unreadable.
        """
        path = Path(self.path(name))
        stored = path.read_bytes()
        if is_current(stored):
            return False
        # Its name is its own: somebody else may be at the same file.
        made = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        try:
            made.write_bytes(to_stored(from_stored(stored, place=PLACE), place=PLACE))
            copymode(path, made)
            os.replace(made, path)
        finally:
            made.unlink(missing_ok=True)
        return True
