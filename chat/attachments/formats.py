"""What a file is, by its first bytes. Its name says nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeAlias
from zipfile import BadZipFile, ZipFile

from chat.attachments.faults import Fault

Format: TypeAlias = Literal["PNG", "JPEG", "WEBP", "GIF", "pdf", "docx", "text"]

HEAD_BYTES = 16
_IMAGES: tuple[tuple[bytes, Format], ...] = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
)
# Kinds that people often try, so that the refusal can name them. Texts are known by being text.
_OTHERS = (
    (b"MZ", "program"),
    (b"\x7fELF", "program"),
    (b"\xca\xfe\xba\xbe", "program"),
    (b"\xcf\xfa\xed\xfe", "program"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old_office"),
    (b"\x1f\x8b", "archive"),
    (b"BZh", "archive"),
    (b"\xfd7zXZ\x00", "archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"Rar!\x1a\x07", "archive"),
    (b"ID3", "sound"),
    (b"OggS", "sound"),
    (b"fLaC", "sound"),
    (b"\x1aE\xdf\xa3", "film"),
    (b"BM", "bitmap"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"8BPS", "photoshop"),
    (b"\x00\x00\x01\x00", "icon"),
    (b"SQLite format 3\x00", "database"),
)
_IN_ZIP = (
    ("xl/workbook.xml", "excel"),
    ("ppt/presentation.xml", "powerpoint"),
    ("content.xml", "open_document"),
)


def format_of(path: Path) -> Format:
    """Raises: Fault for what is known not to be taken. What is `text` may still turn out not to be."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    for mark, found in _IMAGES:
        if head.startswith(mark):
            return found
    if head[:4] == b"RIFF":
        if head[8:12] == b"WEBP":
            return "WEBP"
        raise Fault("type", what="sound" if head[8:12] == b"WAVE" else "film")
    if head[4:8] == b"ftyp":
        raise Fault("type", what="heic" if head[8:12] in (b"heic", b"heix", b"mif1", b"avif") else "film")
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"%PDF-"):
        return "pdf"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _in_zip(path)
    for mark, what in _OTHERS:
        if head.startswith(mark) and not _is_plain(path, head):
            raise Fault("type", what=what)
    if head.startswith(b"{\\rtf"):
        raise Fault("type", what="rtf")
    return "text"


def _is_plain(path: Path, head: bytes) -> bool:
    """A text may begin with any two or three letters."""
    with path.open("rb") as file:
        beginning = file.read(4096)
    return head.isascii() and b"\x00" not in beginning


def _in_zip(path: Path) -> Format:
    try:
        with ZipFile(path) as archive:
            names = set(archive.namelist())
    except (BadZipFile, ValueError, OSError) as exc:
        raise Fault("damaged") from exc
    if "word/document.xml" in names:
        return "docx"
    raise Fault("type", what=next((what for name, what in _IN_ZIP if name in names), "archive"))
