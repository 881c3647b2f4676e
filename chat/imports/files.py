"""The JSON files in what was uploaded: the file itself, or those in a ZIP file, and what stands beside them. Their
names lead nowhere: they are only shown, and looked up."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from django.conf import settings
from django.utils.translation import gettext as _

from chat.imports.pieces import CHUNK_BYTES, Readable
from chat.imports.report import Tell
from convoscope.errors import ValidationFailed

ZIP_MARK = b"PK\x03\x04"
# What a list of entries may take, since it is read into memory whole
DIRECTORY_MAX_BYTES = 16 * 2**20
# Beyond it, what unpacks to that much is made to fill a disk; text packs ten-fold.
UNPACKED_TIMES = 20
_IS_ENCRYPTED = 0x1
_ASSET = re.compile(r"file[-_][0-9A-Za-z]+")


class _Counted:
    """A file that says how far it was read."""

    def __init__(self, read: Callable[[int], bytes], tell: Callable[[int], None]) -> None:
        self._read, self._tell = read, tell

    def read(self, size: int, /) -> bytes:
        try:
            data = self._read(size)
        except (BadZipFile, zlib.error, EOFError) as exc:
            raise ValidationFailed(_("It is damaged: what was packed can't be unpacked.")) from exc
        self._tell(len(data))
        return data


def total_bytes(file: IO[bytes], size_bytes: int) -> int:
    """How many bytes of JSON there are to be read. Raises: ValidationFailed for a ZIP file that isn't to be opened."""
    if not _is_zip(file):
        return size_bytes
    with _opened(file) as archive:
        return sum(entry.file_size for entry in _wanted(archive))


def files_in(file: IO[bytes], tell: Tell) -> Iterator[tuple[str, Readable]]:
    """Each with its name, empty for the file itself. `tell` is told how many bytes were read of all.

    Raises: ValidationFailed for a ZIP file that isn't to be opened.
    """
    done = 0

    def count(read: int) -> None:
        nonlocal done
        done += read
        tell(done)

    if not _is_zip(file):
        yield "", _Counted(file.read, count)
        return
    with _opened(file) as archive:
        for entry in _wanted(archive):
            with archive.open(entry) as member:
                yield entry.filename, _Counted(member.read, count)


class Members:
    """The files beside the JSON of a ZIP file, by what messages call them."""

    def __init__(self, file: IO[bytes]) -> None:
        """Raises: ValidationFailed for a ZIP file that isn't to be opened."""
        self._archive = _opened(file) if _is_zip(file) else None
        self._by_name: dict[str, ZipInfo] = {}
        for entry in self._archive.infolist() if self._archive else ():
            self._by_name.setdefault(entry.filename, entry)
            # Of another product a name begins with the id that messages know, in some folder.
            if asset := _ASSET.match(entry.filename.rpartition("/")[2]):
                self._by_name.setdefault(asset[0], entry)

    def find(self, name: str) -> ZipInfo | None:
        return self._by_name.get(name)

    def read(self, entry: ZipInfo) -> Iterator[bytes]:
        """Raises: ValidationFailed for one that is damaged, encrypted, or packed in an unusual way."""
        assert self._archive is not None
        refusal = ValidationFailed(_("It is damaged: what was packed can't be unpacked."))
        if entry.flag_bits & _IS_ENCRYPTED or entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise refusal
        try:
            with self._archive.open(entry) as member:
                while chunk := member.read(CHUNK_BYTES):
                    yield chunk
        except (BadZipFile, zlib.error, EOFError) as exc:
            raise refusal from exc


def _is_zip(file: IO[bytes]) -> bool:
    file.seek(0)
    head = file.read(len(ZIP_MARK))
    file.seek(0)
    return head == ZIP_MARK


def _opened(file: IO[bytes]) -> ZipFile:
    _check_directory(file)
    try:
        return ZipFile(file)
    except (BadZipFile, ValueError) as exc:
        raise ValidationFailed(_("This ZIP file is damaged or cut off. Download it anew where it is from.")) from exc


def _check_directory(file: IO[bytes]) -> None:
    """Before it is read into memory. Source: APPNOTE.TXT 6.3.10, 4.3.15 and 4.3.16."""
    end = file.seek(0, 2)
    file.seek(max(0, end - 2**16 - 22 - 20))
    tail = file.read()
    file.seek(0)
    at = tail.rfind(b"PK\x05\x06")
    size_bytes = int.from_bytes(tail[at + 12 : at + 16], "little")
    if at >= 0 and (b"PK\x06\x07" in tail[:at] or size_bytes > DIRECTORY_MAX_BYTES):
        raise ValidationFailed(_("This ZIP file has too many entries."))


def _wanted(archive: ZipFile) -> list[ZipInfo]:
    wanted = [one for one in archive.infolist() if one.filename.lower().endswith(".json")]
    if not wanted:
        raise ValidationFailed(
            _("This ZIP file holds no JSON file. If it holds another ZIP file, unpack it and upload that one.")
        )
    if any(one.flag_bits & _IS_ENCRYPTED or one.compress_type not in (ZIP_STORED, ZIP_DEFLATED) for one in wanted):
        raise ValidationFailed(
            _("This ZIP file is encrypted or packed in an unusual way. Unpack it, and pack it anew.")
        )
    # A member gives no more than its declared size, whatever is packed in it.
    if sum(one.file_size for one in wanted) > UNPACKED_TIMES * settings.IMPORT_MAX_BYTES:
        raise ValidationFailed(_("Unpacked, this ZIP file would be larger than any export. Nothing was read."))
    return wanted
