"""What people bring is never run: refused, or given back as a file to be saved, whatever it says it is."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from chat.models import Attachment
from tests.chat.attachments.files import docx, paragraph, pdf_of, picture

SCRIPT = b"<script>alert(1)</script>"
# A name, the type that the browser is made to claim, and the content
ACTIVE: dict[str, tuple[str, str, bytes]] = {
    "a page": ("a.html", "text/html", b"<!doctype html>" + SCRIPT),
    "XHTML": ("a.xhtml", "application/xhtml+xml", b'<html xmlns="http://www.w3.org/1999/xhtml">' + SCRIPT + b"</html>"),
    "an SVG file": ("a.svg", "image/svg+xml", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
    "an SVG file that says it is PNG": ("a.png", "image/png", b'<svg xmlns="http://www.w3.org/2000/svg">' + SCRIPT),
    "a script": ("a.js", "text/javascript", b"alert(1)"),
    "XML with a style": ("a.xml", "text/xml", b'<?xml version="1.0"?><?xml-stylesheet href="a.xsl"?><a/>'),
    "a page called text": ("a.txt", "text/html; charset=utf-7", b"+ADw-script+AD4-alert(1)+ADw-/script+AD4-"),
    "a picture with a page behind it": ("a.html", "text/html", picture("PNG") + SCRIPT),
    "a GIF that begins a script": ("a.js", "text/javascript", picture("GIF") + b"=1;alert(1)"),
    "a JPEG with a page in a comment": (
        "a.jpg.html",
        "text/html",
        (jpeg := picture("JPEG"))[:2] + b"\xff\xfe\x00\x1b" + SCRIPT + jpeg[2:],
    ),
    "a PDF file with a script": (
        "a.pdf",
        "text/html",
        pdf_of(
            [
                "<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (app.alert(1)) >> >>",
                "<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 612 792] >>",
                "<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /Font << /F1 << /Type /Font /Subtype /Type1"
                " /BaseFont /Helvetica >> >> >> >>",
                "<< /Length 44 >>\nstream\nBT /F1 12 Tf 72 720 Td (Hello there, all) Tj ET\nendstream",
            ]
        ),
    ),
    "a Word file with a page in it": ("a.docx", "text/html", docx(paragraph("&lt;script&gt;alert(1)&lt;/script&gt;"))),
    "a cross-domain policy": ("crossdomain.xml", "text/xml", b'<cross-domain-policy><allow-access-from domain="*"/>'),
    "a name that breaks a header": ('a".html\r\nX-Evil: 1\r\n\r\n', "text/html", SCRIPT),
    "a program": ("a.exe", "text/plain", b"MZ\x90\x00\x03\x00"),
}
# Browsers run nothing of these.
HARMLESS = (
    *("image/png", "image/jpeg", "image/webp", "image/gif", "text/plain", "text/markdown", "text/csv"),
    *("application/pdf", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
)


def assert_never_run(answer: Any, *, is_saved: bool) -> None:
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Content-Type"].partition(";")[0] in HARMLESS
    assert answer.headers["Content-Disposition"].startswith("attachment;" if is_saved else "inline;")
    assert "X-Evil" not in answer.headers
    assert answer.headers["Cache-Control"].startswith("private")
    # Read whole: that closes a file.
    b"".join(answer)


@pytest.mark.parametrize("kind", ACTIVE)
def test_what_is_active_is_refused_or_given_back_as_a_file(alice: User, kind: str) -> None:
    name, said, content = ACTIVE[kind]
    client = Client()
    client.force_login(alice)
    answer = client.post("/attachments/", {"file": SimpleUploadedFile(name, content, content_type=said)})
    kept = Attachment.objects.first()
    assert (answer.status_code, kept is not None) in ((201, True), (422, False))
    assert "<script>" not in answer.text
    if kept is not None:
        assert kept.media_type in HARMLESS
        assert_never_run(client.get(f"/attachments/{kept.id}/"), is_saved=True)
        if kept.is_image:
            shown = client.get(f"/attachments/{kept.id}/thumbnail/")
            # Drawn anew: what stood behind or between is gone.
            assert_never_run(shown, is_saved=False)
            assert shown.headers["Content-Type"] == "image/webp"
            assert SCRIPT not in b"".join(client.get(f"/attachments/{kept.id}/thumbnail/"))


def test_files_have_no_address_of_their_own(alice: User) -> None:
    """They are reached by their rows alone: nothing serves the folder they lie in."""
    client = Client()
    client.force_login(alice)
    client.post("/attachments/", {"file": SimpleUploadedFile("a.html", SCRIPT)})
    stored = Attachment.objects.get().file
    assert stored
    assert "html" not in stored
    for path in (f"/media/{stored}", f"/static/{stored}", f"/{stored}", f"/static/../media/{stored}"):
        assert client.get(path).status_code == 404
