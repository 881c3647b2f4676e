"""Pictures: checked, and made anew as models and pages get them, without what a camera wrote into them."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from chat.attachments.faults import Fault

# Decoded, a picture takes four bytes a pixel, and turning it the right way up takes them twice.
MAX_PIXELS = 50_000_000
# The longest side that Claude's standard models look at; they scale down what is larger, and other vendors cut a
# picture into tiles of 512 or 768 pixels after scaling it to about the same size.
# Source: https://platform.claude.com/docs/en/build-with-claude/vision, November 2026.
SENT_SIDE_PX = 1_568
THUMBNAIL_SIDE_PX = 320
JPEG_QUALITY = 88
# Drawings and screenshots are sharp as PNG, and small; photographs are neither.
PNG_MAX_BYTES = 1_500_000

# Of the ways a camera is held, those that lay it on its side
TURNED = (5, 6, 7, 8)

# Checked here, with words of our own
Image.MAX_IMAGE_PIXELS = None


@dataclass(frozen=True, slots=True)
class Picture:
    """`width` and `height` are those of the original as it is looked at. `sent` is what models get, a PNG or JPEG;
    `thumbnail` what pages show, a WebP."""

    width: int
    height: int
    sent: bytes
    thumbnail: bytes


def read_picture(path: Path, kind: str) -> Picture:
    """The first frame of it. Raises: Fault."""
    width = height = 0
    try:
        with Image.open(path, formats=[kind]) as opened:
            width, height = opened.size
            if width * height > MAX_PIXELS:
                raise Fault("too_many_pixels", width=width, height=height, limit=MAX_PIXELS)
            # A large JPEG is decoded at a fraction of its size.
            opened.draft(None, (2 * SENT_SIDE_PX, 2 * SENT_SIDE_PX))
            opened.load()
            if opened.getexif().get(ExifTags.Base.Orientation) in TURNED:
                width, height = height, width
            if opened.mode in ("RGB", "RGBA", "L"):
                # What follows is quick on a small picture; of other modes colours would be mixed up.
                opened.thumbnail((SENT_SIDE_PX, SENT_SIDE_PX), Image.Resampling.LANCZOS)
            turned = ImageOps.exif_transpose(opened)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as exc:
        raise Fault("damaged") from exc
    except MemoryError as exc:
        raise Fault("too_many_pixels", width=width, height=height, limit=MAX_PIXELS) from exc
    plain = _plain(turned)
    plain.thumbnail((SENT_SIDE_PX, SENT_SIDE_PX), Image.Resampling.LANCZOS)
    sent = _as_sent(plain, is_photo=kind == "JPEG")
    plain.thumbnail((THUMBNAIL_SIDE_PX, THUMBNAIL_SIDE_PX), Image.Resampling.LANCZOS)
    return Picture(width, height, sent, _saved(plain, "WEBP", quality=80))


def _plain(image: Image.Image) -> Image.Image:
    """In one of two modes, as a new picture that has nothing beside its pixels."""
    mode = "RGBA" if image.has_transparency_data else "RGB"
    if image.mode.startswith("I;16") or image.mode == "I":
        # Of 16 bits a sample; converted as it is, all but the darkest would be white.
        image = image.point(lambda value: value / 256).convert("L")
    converted = image.convert(mode)
    if converted is image:
        converted = image.copy()
    converted.info = {}
    return converted


def _as_sent(image: Image.Image, *, is_photo: bool) -> bytes:
    if not is_photo and len(drawn := _saved(image, "PNG", optimize=False)) <= PNG_MAX_BYTES:
        return drawn
    flat = image
    if image.mode == "RGBA":
        flat = Image.new("RGB", image.size, "white")
        flat.paste(image, mask=image.getchannel("A"))
    return _saved(flat, "JPEG", quality=JPEG_QUALITY)


def _saved(image: Image.Image, kind: str, **options: int | bool) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()
