"""Decoding images: exact, upright, by content; what that cannot be is refused by name, and nothing is read without bound."""

from __future__ import annotations

import io
import os
import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from bench.datasets.pictures import PictureError, png_bytes, read_picture, read_size

if TYPE_CHECKING:
    from pathlib import Path

PIXELS = np.random.default_rng(0).integers(0, 256, (40, 100, 3), dtype=np.uint8)
GREY = np.repeat(PIXELS[..., :1], 3, axis=2)
PICTURE = Image.fromarray(PIXELS)
ORIENTATION = 0x0112


def saved(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """The bytes of a file of that kind."""
    sink = io.BytesIO()
    picture.save(sink, format=kind, **options)
    return sink.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    """A piece of a PNG."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_of(width: int, height: int, depth: int, colour: int, content: bytes) -> bytes:
    """A PNG with any header."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(content)) + chunk(b"IEND", b"")


def turned(orientation: int) -> Image.Exif:
    """EXIF data with that orientation."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return exif


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.JPEG"])
@pytest.mark.parametrize("tail", [b"", b"\n", b"\0" * 7])
def test_content_decides_and_not_the_name(tmp_path: Path, name: str, tail: bytes) -> None:
    """A PNG under another name, with padding behind its end, is whole."""
    path = tmp_path / name
    path.write_bytes(saved(PICTURE) + tail)
    found = read_picture(path)
    assert (found.pixels == PIXELS).all()
    assert found.content == path.read_bytes()
    assert (found.suffix, found.ends_clean) == (".png", not tail)
    assert read_size(path) == (100, 40)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (saved(Image.fromarray(GREY[..., 0])), GREY),
        (saved(Image.fromarray(GREY[..., 0].astype(np.uint16) * 257)), GREY),
        (saved(Image.fromarray(GREY[..., 0].astype(np.uint16) * 256)), GREY),
        (saved(PICTURE.convert("RGBA")), PIXELS),
        (saved(PICTURE.quantize(16)), np.asarray(PICTURE.quantize(16).convert("RGB"))),
        (saved(Image.fromarray(GREY[..., 0] > 127)), np.where(GREY > 127, 255, 0)),
        (saved(PICTURE, transparency=(1, 2, 3)), PIXELS),
    ],
    ids=["grey", "grey-257", "grey-256", "opaque", "palette", "two levels", "a colour that does not occur is transparent"],
)
def test_what_8_bits_hold_exactly_is_decoded(tmp_path: Path, content: bytes, expected: np.ndarray) -> None:
    """Whatever way it is written; a trainer is given a plain copy."""
    path = tmp_path / "a.png"
    path.write_bytes(content)
    assert (read_picture(path).pixels == expected).all()
    copy = tmp_path / "copy.png"
    copy.write_bytes(png_bytes(read_picture(path).pixels))
    assert (read_picture(copy).pixels == expected).all()


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_as_its_orientation_says(tmp_path: Path, kind: str, orientation: int) -> None:
    """By the convention of EXIF: what the value undoes; the size is that of the turned picture."""
    upright, path = PICTURE.resize((64, 32)), tmp_path / "a"
    undo = {
        1: lambda rows: rows,
        2: lambda rows: rows[:, ::-1],
        3: lambda rows: rows[::-1, ::-1],
        4: lambda rows: rows[::-1],
        5: lambda rows: rows.transpose(1, 0, 2),
        6: lambda rows: rows.transpose(1, 0, 2)[:, ::-1],
        7: lambda rows: rows.transpose(1, 0, 2)[::-1, ::-1],
        8: lambda rows: rows.transpose(1, 0, 2)[::-1],
    }
    path.write_bytes(saved(upright, kind))
    expected = undo[orientation](read_picture(path).pixels)
    path.write_bytes(saved(upright, kind, exif=turned(orientation)))
    assert (read_picture(path).pixels == expected).all()
    assert read_size(path) == expected.shape[1::-1]


def test_orientation_that_nobody_can_read_turns_nothing(tmp_path: Path) -> None:
    """Cameras write much into EXIF data; a trainer that cannot read it turns nothing either."""
    path = tmp_path / "a.jpg"
    path.write_bytes(saved(PICTURE, "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff"))
    assert read_picture(path).pixels.shape == (40, 100, 3)


TRANSPARENT = PICTURE.convert("RGBA")
TRANSPARENT.putpixel((0, 0), (1, 2, 3, 4))
FLAWED = {
    "no image": (b"no image", "unreadable-image", "no PNG or JPEG"),
    "empty": (b"", "unreadable-image", "no PNG or JPEG"),
    "another format": (saved(PICTURE, "BMP"), "unreadable-image", "no PNG or JPEG"),
    "cut PNG": (saved(PICTURE)[:-20], "truncated-image", ""),
    "cut in the middle": (saved(PICTURE)[:3000], "truncated-image", ""),
    "no end": (saved(PICTURE)[:-12], "truncated-image", ""),
    "cut JPEG": (saved(PICTURE, "JPEG")[:-2], "truncated-image", "truncated"),
    "wrong checksum": (saved(PICTURE)[:-14] + b"\0\0" + saved(PICTURE)[-12:], "unreadable-image", ""),
    "flipped bit": (b"".join((saved(PICTURE)[:5000], b"\xaa\x55", saved(PICTURE)[5002:])), "unreadable-image", ""),
    "much text": (
        saved(PICTURE)[:33] + chunk(b"zTXt", b"note\0\0" + zlib.compress(bytes(3 << 20))) + saved(PICTURE)[33:],
        "unreadable-image",
        "too large",
    ),
    "16-bit grey": (saved(Image.fromarray(GREY[..., 0].astype(np.uint16) * 200)), "unusual-image", "16-bit grey levels"),
    "16-bit colour": (png_of(16, 16, 16, 2, bytes(16 * (16 * 6 + 1))), "unusual-image", "16 bits a colour channel"),
    "transparent": (saved(TRANSPARENT), "unusual-image", "transparent parts"),
    "CMYK": (saved(PICTURE.convert("CMYK"), "JPEG"), "unusual-image", "colours as CMYK"),
    "moving": (saved(PICTURE, save_all=True, append_images=[PICTURE]), "unusual-image", "several pictures"),
    "small": (saved(PICTURE.resize((50, 9))), "unusual-image", "a side below 10"),
    "huge": (png_of(20000, 20000, 1, 0, bytes(2501 * 100)), "unreadable-image", ""),
    "large": (png_of(9000, 9000, 1, 0, bytes(1126 * 100)), "unusual-image", "more than 50 million"),
    "lie": (png_of(65500, 65500, 8, 2, bytes(100)), "unreadable-image", ""),
}


@pytest.mark.parametrize("name", FLAWED)
def test_what_cannot_be_decoded_exactly_is_refused_by_name(tmp_path: Path, name: str) -> None:
    """With the kind of problem and what to do about it, before a bomb is unpacked."""
    content, flaw, reason = FLAWED[name]
    path = tmp_path / "a.png"
    path.write_bytes(content)
    with pytest.raises(PictureError) as caught:
        read_picture(path)
    assert caught.value.flaw == flaw
    assert reason in str(caught.value)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    """A pipe would be waited for, a device read for ever."""
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "zero.png").symlink_to("/dev/zero")
    (tmp_path / "folder.png").mkdir()
    for name in ("pipe.png", "zero.png", "folder.png", "nothing.png"):
        for read in (read_picture, read_size):
            with pytest.raises(PictureError):
                read(tmp_path / name)
