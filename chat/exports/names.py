"""Names of files that every system takes, made of titles that hold anything."""

from __future__ import annotations

import re
import unicodedata

NAME_MAX_BYTES = 120
# Separators and wildcards of some system, and the dot, which hides files and climbs out of folders.
_UNFIT = re.compile(r'[<>:"/\\|?*.\s]+')
# What Windows takes for devices, whatever follows
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])", re.IGNORECASE)


def file_name(title: str, suffix: str) -> str:
    """`Of queues and pools.md`; characters that can't be seen, such as those that turn the direction, are left out."""
    visible = "".join(one for one in title if one.isspace() or unicodedata.category(one)[0] != "C")
    stem = _UNFIT.sub(" ", unicodedata.normalize("NFC", visible)).strip()
    stem = stem.encode()[:NAME_MAX_BYTES].decode(errors="ignore").strip()
    if not stem or _DEVICES.fullmatch(stem):
        stem = f"conversation {stem}".strip()
    return f"{stem}.{suffix}"
