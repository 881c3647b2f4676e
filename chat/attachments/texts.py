"""Plain text of any encoding that is sure."""

from __future__ import annotations

import codecs
import re
import unicodedata

from chat.attachments.faults import Fault

# Longer marks first: that of UTF-32 begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Controls but tab and line feed, and lone surrogates, which no database and no UTF-8 stream can hold.
_UNWANTED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_LINE_BREAKS = re.compile(r"\r\n?|\u2028|\u2029|\x0c")
# Of a page: what no browser shows. In a Markdown file a fence shows what stands in it.
_COMMENT = re.compile(r"(?P<fence>^(?P<mark>```|~~~).*?^(?P=mark))|<!--.*?(?:-->|\Z)", re.DOTALL | re.MULTILINE)
COMMENTED = (".html", ".htm", ".xhtml", ".md", ".markdown")
# What a guess looks at, and how much of it has to read like a language, in percent
GUESSED_BYTES = 200_000
SURE_PERCENT = 35.0
RIVAL_PERCENT = 10.0
# More controls than that, and it is no text.
MAX_CONTROLS = 0.002


def read_text(data: bytes) -> str:
    """Raises: Fault where it is no text, or in an encoding that can't be told."""
    text = _decoded(data)
    controls = len(_UNWANTED.findall(_LINE_BREAKS.sub("\n", text)))
    # A terminal's log has escapes; what is mostly controls is something else.
    if controls > 8 + MAX_CONTROLS * len(text) and "\x1b" not in text:
        raise Fault("type", what="binary")
    return clean_text(text)


def clean_text(text: str) -> str:
    """NFC, `\\n` line breaks, and no controls."""
    return unicodedata.normalize("NFC", _UNWANTED.sub("", _LINE_BREAKS.sub("\n", text)))


def without_comments(text: str) -> str:
    """Of a page in HTML or Markdown."""
    return _COMMENT.sub(lambda found: found["fence"] or "", text)


def _decoded(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _strictly(data, encoding)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _guessed(data)
    return text if "\x00" not in text else _without_mark(data)


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as exc:
        raise Fault("encoding") from exc


def _without_mark(data: bytes) -> str:
    """UTF-16 that doesn't say so: nearly every other byte of its Latin text is zero."""
    for place, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros = data[place::2].count(0)
        if len(data) % 2 == 0 and zeros > len(data) * 0.35 and not data[1 - place :: 2].count(0):
            return _strictly(data, encoding)
    raise Fault("type", what="binary")


def _guessed(data: bytes) -> str:
    """By what reads like a language, if nothing else does, too."""
    sample = data[:GUESSED_BYTES]
    if b"\x00" in sample:
        return _without_mark(data)
    # Half a second of imports, which most files don't need
    from charset_normalizer import from_bytes

    matches = list(from_bytes(sample))
    if not matches:
        raise Fault("type" if _has_controls(sample) else "encoding", what="binary")
    best = max(matches, key=lambda match: (match.percent_coherence, -match.percent_chaos))
    said = str(best)
    rivals = [one for one in matches if one.percent_coherence > best.percent_coherence - RIVAL_PERCENT]
    if best.percent_coherence < SURE_PERCENT or any(str(one) != said for one in rivals):
        raise Fault("type" if _has_controls(sample) else "encoding", what="binary")
    return _strictly(data, best.encoding)


def _has_controls(data: bytes) -> bool:
    return sum(byte < 9 or 13 < byte < 27 for byte in data) > 1 + len(data) / 200
