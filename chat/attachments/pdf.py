"""The text of a PDF."""

from __future__ import annotations

import logging
from pathlib import Path

from pypdf import PasswordType, PdfReader
from pypdf.errors import DependencyError, PyPdfError

from chat.attachments.faults import Fault
from chat.attachments.hidden import Unseen
from chat.attachments.texts import clean_text

MAX_PAGES = 1_000
# What its writer may have got wrong, and the library then doesn't expect
BROKEN = (
    PyPdfError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    AssertionError,
    OSError,
    ArithmeticError,
    RecursionError,
)


def read_pdf(path: Path, *, max_chars: int) -> str:
    """Its pages with a blank line between them. Raises: Fault."""
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        return _read(path, max_chars)
    except (DependencyError, NotImplementedError) as exc:
        # pypdf's words for ways of encryption that it can't undo
        raise Fault("encrypted") from exc
    except BROKEN as exc:
        raise Fault("damaged") from exc


def _read(path: Path, max_chars: int) -> str:
    reader = PdfReader(path, strict=False)
    # Many may be opened by anybody, and are encrypted only so that they aren't printed.
    if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
        raise Fault("encrypted")
    pages = len(reader.pages)
    if pages > MAX_PAGES:
        raise Fault("too_many_pages", pages=pages, limit=MAX_PAGES)
    texts, chars = [], 0
    for page in reader.pages:
        text = clean_text(page.extract_text(visitor_operand_before=Unseen().before)).strip()
        if text:
            texts.append(text)
            chars += len(text)
            if chars > max_chars:
                raise Fault("too_long", chars=chars, limit=max_chars)
    if not texts:
        raise Fault("no_text")
    return "\n\n".join(texts)
