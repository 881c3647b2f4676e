"""The names of files, as they are shown and kept."""

from __future__ import annotations

import re
import unicodedata

NAME_MAX_CHARS = 200
EXTENSION_MAX_CHARS = 20
# Paths of either kind of system
_PATH = re.compile(r".*[/\\]", re.DOTALL)


def clean_name(raw: str) -> str:
    """NFC, without a path, controls, or marks that turn the direction or can't be seen, 200 characters at most; what
    goes is the end of its stem."""
    name = unicodedata.normalize("NFC", _PATH.sub("", raw))
    name = "".join(" " if one.isspace() else one for one in name if one.isspace() or not _is_unseen(one))
    name = " ".join(name.split()).strip(". ") or "file"
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension) > EXTENSION_MAX_CHARS:
        return name[:NAME_MAX_CHARS].rstrip()
    return f"{stem[: NAME_MAX_CHARS - len(extension) - 1].rstrip()}.{extension}"


def _is_unseen(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
