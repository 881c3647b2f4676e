"""What the reading process makes of files: kinds, texts and pictures; and of those that mean harm."""

from __future__ import annotations

import os
import struct
import zlib
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfReader, PdfWriter

from chat.attachments.child import main
from chat.attachments.faults import Fault
from chat.attachments.images import SENT_SIDE_PX, THUMBNAIL_SIDE_PX
from chat.attachments.names import NAME_MAX_CHARS, clean_name
from chat.attachments.pdf import MAX_PAGES
from chat.attachments.texts import read_text
from tests.chat.attachments.files import WORD, docx, paragraph, pdf, pdf_of, picture

MAX_CHARS = 10_000


def read(tmp_path: Path, content: bytes) -> tuple[str, str]:
    """The kind, or the fault with what it names; and the text."""
    path = tmp_path / "original"
    path.write_bytes(content)
    found = main(path, tmp_path, MAX_CHARS)
    if "fault" in found:
        return found["fault"], str(found["detail"].get("what", ""))
    text = tmp_path / "text"
    return found["kind"], text.read_text("utf-8") if text.exists() else ""


def packed(**members: bytes | str) -> bytes:
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return out.getvalue()


def png_of(width: int, height: int) -> bytes:
    """That says it is so large, and has no pixels."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(b"\x00" * 100)), (b"IEND", b""))
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


REFUSED: dict[str, tuple[bytes, str, str]] = {
    "a program called .pdf": (b"MZ\x90\x00\x03\x00\x00\x00\x04", "type", "program"),
    "an ELF program": (b"\x7fELF\x02\x01\x01\x00\x00", "type", "program"),
    "an archive": (packed(a_dot_txt=b"hello"), "type", "archive"),
    "an Excel workbook": (packed(xl__workbook_dot_xml="<x/>"), "type", "excel"),
    "a PowerPoint presentation": (packed(ppt__presentation_dot_xml="<x/>"), "type", "powerpoint"),
    "an OpenDocument file": (packed(content_dot_xml="<x/>"), "type", "open_document"),
    "an old Word document": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 100, "type", "old_office"),
    "an RTF document": (rb"{\rtf1\ansi hello}", "type", "rtf"),
    "a film": (b"\x00\x00\x00\x18ftypmp42" + b"\x00" * 20, "type", "film"),
    "a HEIC picture": (b"\x00\x00\x00\x18ftypheic" + b"\x00" * 20, "type", "heic"),
    "a sound": (b"RIFF\x00\x00\x00\x00WAVEfmt ", "type", "sound"),
    "bytes": (b"\x00\x01\x02\x03" * 50, "type", "binary"),
    "controls": (bytes(range(1, 9)) * 50, "type", "binary"),
    "white space": (b" \n\t ", "no_text", ""),
    "a ZIP file that was cut": (packed(word__document_dot_xml="<x/>")[:-30], "damaged", ""),
    "a PNG that was cut": (picture("PNG", (300, 200))[:-40], "damaged", ""),
    "a JPEG that was cut": (picture("JPEG", (300, 200))[:300], "damaged", ""),
    "a GIF that is HTML": (b"GIF89a<script>alert(1)</script>", "damaged", ""),
    "a PNG of 40,000 million pixels": (png_of(200_000, 200_000), "too_many_pixels", ""),
    "a PDF of nothing": (b"%PDF-1.7\n", "damaged", ""),
    "a PDF of garbage": (b"%PDF-1.7\n" + bytes(range(256)) * 20, "damaged", ""),
    "a scanned PDF": (pdf("", ""), "no_text", ""),
    "a PDF that claims 10,000 pages": (
        pdf_of(["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [] /Count 10000 >>"]),
        "no_text",
        "",
    ),
    "a PDF whose pages lead in a circle": (
        pdf_of(["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>"]),
        "damaged",
        "",
    ),
    "a PDF of too many pages": (pdf(*["x"] * (MAX_PAGES + 1)), "too_many_pages", ""),
    "a PDF with too much text": (pdf("x" * (MAX_CHARS + 1)), "too_long", ""),
    "a DOCX of nothing": (docx(""), "no_text", ""),
    "a DOCX with too much text": (docx(paragraph("x" * (MAX_CHARS + 1))), "too_long", ""),
    "a DOCX that isn't XML": (packed(word__document_dot_xml="<a"), "damaged", ""),
    "a text that is too long": (b"x" * (MAX_CHARS + 1), "too_long", ""),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(tmp_path: Path, name: str) -> None:
    content, fault, what = REFUSED[name]
    assert read(tmp_path, content) == (fault, what)


@pytest.mark.parametrize(
    ("declared", "used"),
    [
        ('<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>', "&b;"),
        ('<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>', "&a;"),
    ],
    ids=["that grow", "that reach out"],
)
def test_entities_of_a_docx_are_refused(tmp_path: Path, declared: str, used: str) -> None:
    text = f'{declared}<w:document xmlns:w="{WORD}"><w:body>{paragraph(used)}</w:body></w:document>'
    assert read(tmp_path, packed(word__document_dot_xml=text)) == ("damaged", "")


def test_a_docx_that_grows_a_thousandfold_is_not_unpacked(tmp_path: Path) -> None:
    bomb = docx(paragraph(" " * 70 * 2**20))
    assert len(bomb) < 2**20
    assert read(tmp_path, bomb) == ("unpacked", "")


def test_a_locked_pdf_is_refused_and_one_that_opens_for_everybody_is_read(tmp_path: Path) -> None:
    for password, expected in (("secret", ("encrypted", "")), ("", ("document", "Hello there"))):
        writer = PdfWriter(clone_from=PdfReader(BytesIO(pdf("Hello there"))))
        writer.encrypt(password, owner_password="of the owner", algorithm="AES-256")
        out = BytesIO()
        writer.write(out)
        assert read(tmp_path, out.getvalue()) == expected


def test_the_pages_of_a_pdf(tmp_path: Path) -> None:
    assert read(tmp_path, pdf("First", "Second")) == ("document", "First\n\nSecond")


def test_a_docx_keeps_headings_lists_tables_notes_and_order(tmp_path: Path) -> None:
    row = "".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in ("a", "b"))
    item = "<w:p><w:pPr><w:numPr/></w:pPr><w:r><w:t>one</w:t><w:tab/><w:t>two</w:t></w:r></w:p>"
    gone = "<w:p><w:del><w:r><w:delText>gone</w:delText></w:r></w:del></w:p>"
    notes = f'<w:footnotes xmlns:w="{WORD}">{paragraph("a note")}</w:footnotes>'
    body = f"{paragraph('Title', 'Heading1')}{item}{gone}<w:tbl><w:tr>{row}</w:tr></w:tbl>"
    _kind, text = read(tmp_path, docx(body, footnotes=notes))
    assert text == "# Title\n- one\ttwo\n\na | b |\n\na note"


def test_a_docx_says_nothing_twice_and_its_ruler_is_no_text(tmp_path: Path) -> None:
    ruler = '<w:tabs><w:tab w:val="left" w:pos="720"/><w:tab w:val="right" w:pos="9000"/></w:tabs>'
    before = '<w:pPrChange w:id="1"><w:pPr><w:pStyle w:val="Heading1"/><w:numPr/></w:pPr></w:pPrChange>'
    moved = "<w:r><w:t>moved</w:t></w:r>"
    body = (
        f"<w:p><w:pPr>{ruler}{before}</w:pPr><w:r><w:t>first</w:t></w:r></w:p>"
        f'<w:p><w:moveFrom w:id="2">{moved}</w:moveFrom></w:p>{paragraph("second")}'
        f'<w:p><w:moveTo w:id="3">{moved}</w:moveTo></w:p>'
    )
    assert read(tmp_path, docx(body)) == ("document", "first\n\nsecond\nmoved")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "koi8-r"])
def test_encodings_that_are_sure(encoding: str) -> None:
    text = "Plain words, and nothing else.\n" * 20
    if encoding == "koi8-r":
        text = "Обычный русский текст, который читается без труда. " * 20
    assert read_text(text.encode(encoding)) == text


def test_an_encoding_that_is_not_sure_is_refused() -> None:
    with pytest.raises(Fault) as raised:
        read_text("Ça va très bien.".encode("cp1252"))
    assert raised.value.name == "encoding"


def test_a_text_is_clean() -> None:
    assert read_text(b"cafe\xcc\x81\r\nb\x00"[:-1] + b"\x0cc") == "café\nb\nc"


@given(st.binary(max_size=200))
def test_any_bytes_are_text_or_a_fault(data: bytes) -> None:
    try:
        text = read_text(data)
    except Fault:
        return
    assert "\x00" not in text
    assert text.encode("utf-8").decode("utf-8") == text


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_is_made_anew_and_small(tmp_path: Path, kind: str) -> None:
    assert read(tmp_path, picture(kind, (3_000, 1_000)))[0] == "image"
    with Image.open(tmp_path / "sent") as sent, Image.open(tmp_path / "thumbnail") as thumbnail:
        assert sent.format == ("JPEG" if kind == "JPEG" else "PNG")
        assert max(sent.size) == SENT_SIDE_PX
        assert (thumbnail.format, max(thumbnail.size)) == ("WEBP", THUMBNAIL_SIDE_PX)


def test_what_a_camera_wrote_is_gone_and_the_picture_is_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "A camera"
    path = tmp_path / "original"
    path.write_bytes(picture("JPEG", (60, 40), exif=exif.tobytes()))
    found = main(path, tmp_path, MAX_CHARS)
    assert (found["width"], found["height"]) == (40, 60)
    with Image.open(tmp_path / "sent") as sent:
        assert (sent.size, dict(sent.getexif())) == ((40, 60), {})
    assert b"A camera" not in (tmp_path / "sent").read_bytes()


def test_of_an_animation_the_first_frame_is_taken(tmp_path: Path) -> None:
    out = BytesIO()
    frames = [Image.new("RGB", (10, 10), colour) for colour in ("red", "blue")]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    assert read(tmp_path, out.getvalue())[0] == "image"
    with Image.open(tmp_path / "sent") as sent:
        assert getattr(sent, "n_frames", 1) == 1
        assert sent.convert("RGB").getpixel((5, 5)) == (255, 0, 0)


def test_a_photograph_with_transparency_is_flattened_where_png_is_too_large(tmp_path: Path) -> None:
    out = BytesIO()
    Image.frombytes("RGBA", (1_000, 800), os.urandom(1_000 * 800 * 4)).save(out, "PNG")
    read(tmp_path, out.getvalue())
    with Image.open(tmp_path / "sent") as sent:
        assert (sent.format, sent.mode) == ("JPEG", "RGB")


NAMES = {
    "report.pdf": "report.pdf",
    "../../etc/passwd": "passwd",
    "C:\\Users\\me\\notes.txt": "notes.txt",
    "invoice\u202efdp.exe": "invoicefdp.exe",
    "a\x00b\n c\u200b.txt": "ab c.txt",
    "cafe\u0301.txt": "café.txt",
    "": "file",
    "...": "file",
    "/": "file",
    ".env": "env",
    "no extension": "no extension",
    "x" * 300 + ".pdf": "x" * 196 + ".pdf",
    "x" * 300: "x" * 200,
    "x." + "y" * 300: "x." + "y" * 198,
}


@pytest.mark.parametrize("raw", NAMES, ids=range(len(NAMES)))
def test_names(raw: str) -> None:
    assert clean_name(raw) == NAMES[raw]


@given(st.text(max_size=400))
def test_any_name_is_clean_and_stays_so(raw: str) -> None:
    name = clean_name(raw)
    assert 0 < len(name) <= NAME_MAX_CHARS
    assert not set(name) & set("/\\\n\u202e\u2066\x00")
    assert clean_name(name) == name
