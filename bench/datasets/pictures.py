"""Decodes an image, for digests, hashes, figures and training alike: 8 bits a channel, upright, exact or refused by name.

The convention: what decides is the content and not the name; PNG and JPEG are read; the picture is turned as its EXIF
orientation says, and sizes and boxes are those of the turned picture; an opaque alpha channel is dropped; 16-bit grey is
taken where 8 bits hold it exactly (every value a multiple of 257 or of 256). Nothing is rounded, blended or repaired.
"""

from __future__ import annotations

import io
import warnings
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from PIL import Image, UnidentifiedImageError

from bench.datasets.doors import PICTURE_BYTES
from store.doors import UNREADABLE, read_bounded, reason_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

Flaw = Literal["unreadable-image", "truncated-image", "unusual-image"]

_MOST_PIXELS = 50_000_000  # 150 MB of pixels; a KITTI image has half a million
_SMALLEST_SIDE = 10  # pixels: the trainer leaves out what is smaller
_ORIENTATION = 0x0112  # EXIF's tag, and what undoes each of its values
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = (5, 6, 7, 8)
_PNG_HEADER, _PNG_END, _JPEG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82", b"\xff\xd9"
_REFUSALS: tuple[type[Exception], ...] = (*UNREADABLE, Image.DecompressionBombError)
_DEEP, _COLOUR = 16, 2  # a PNG's bits a channel, and the flag of its colour type that stands for colour


class PictureError(Exception):
    """An image that cannot be decoded exactly: ``flaw`` names the kind of problem, the message says why."""

    def __init__(self, flaw: Flaw, reason: str) -> None:
        """Keep the kind apart from the reason."""
        super().__init__(reason)
        self.flaw: Flaw = flaw


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A decoded image: ``pixels`` (H, W, 3) uint8 RGB, upright, and the ``content`` of the file that they were decoded from."""

    pixels: NDArray[np.uint8]
    content: bytes

    @property
    def suffix(self) -> str:
        """``.png`` or ``.jpg``, by the content."""
        return ".png" if self.content.startswith(_PNG_HEADER) else ".jpg"

    @property
    def ends_clean(self) -> bool:
        """Whether nothing stands behind the image, which a trainer might take for damage and repair."""
        return self.content.endswith((_PNG_END, _JPEG_END))


def read_picture(path: Path) -> Picture:
    """Read the file once and decode it; raises PictureError."""
    with _named(b""):
        content = read_bounded(path, PICTURE_BYTES)
    with _named(content), _opened(content) as image:
        image.verify()  # every checksum and the end mark of a PNG, which loading alone does not look at
    with _named(content), _opened(content) as image:
        _refuse_unusual(image, content)
        image.load()
        turned = image.transpose(_TURNS[turn]) if (turn := _orientation(image)) in _TURNS else image
        pixels = _eight_bits(turned)
    return Picture(pixels, content)


def read_size(path: Path) -> tuple[int, int]:
    """Width and height of the upright picture, from the header of a file whose checksums are right; raises PictureError."""
    with _named(b""):
        content = read_bounded(path, PICTURE_BYTES)
    with _named(content), _opened(content) as image:
        image.verify()
    with _named(content), _opened(content) as image:
        _refuse_unusual(image, content)
        width, height = image.size
        return (height, width) if _orientation(image) in _SIDEWAYS else (width, height)


def png_bytes(pixels: NDArray[np.uint8]) -> bytes:
    """A plain PNG of (H, W, 3) uint8 pixels, packed for speed."""
    sink = io.BytesIO()
    Image.fromarray(pixels).save(sink, format="PNG", compress_level=1)
    return sink.getvalue()


@contextmanager
def _named(content: bytes) -> Iterator[None]:
    """Turn whatever Pillow raises into a PictureError; a file that lacks its end mark was cut."""
    try:
        yield
    except PictureError:
        raise
    except UnidentifiedImageError as error:
        raise PictureError("unreadable-image", "no PNG or JPEG image") from error
    except _REFUSALS as error:
        end = _PNG_END if content.startswith(_PNG_HEADER) else _JPEG_END
        cut = bool(content) and end not in content
        raise PictureError("truncated-image" if cut else "unreadable-image", reason_of(error)) from error


@contextmanager
def _opened(content: bytes) -> Iterator[Image.Image]:
    with warnings.catch_warnings():  # about size, which is bounded here, and about EXIF data that Pillow cannot read
        warnings.simplefilter("ignore")
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as image:
            yield image


def _refuse_unusual(image: Image.Image, content: bytes) -> None:
    """What no decoder gives exactly in 8 bits, or the trainer leaves out; from the header, before a pixel is unpacked."""
    width, height = image.size
    reason = ""
    if width * height > _MOST_PIXELS:
        reason = f"{width} x {height} pixels, more than {_MOST_PIXELS // 1_000_000} million"
    elif min(width, height) < _SMALLEST_SIDE:
        reason = f"{width} x {height} pixels, a side below {_SMALLEST_SIDE}"
    elif image.format == "PNG" and _png_depth(content) == _DEEP and content[25] & _COLOUR:
        reason = "16 bits a colour channel: save it with 8"
    elif image.format == "PNG" and getattr(image, "n_frames", 1) > 1:
        reason = "several pictures in one file"
    if reason:
        raise PictureError("unusual-image", reason)


def _png_depth(content: bytes) -> int:
    """Bits a channel, which stand at a fixed place of a PNG."""
    return content[24] if content.startswith(_PNG_HEADER) else 8


def _orientation(image: Image.Image) -> int:
    value = 1
    with suppress(*UNREADABLE):  # EXIF data that nobody can read turns nothing
        value = int(image.getexif().get(_ORIENTATION, 1))
    return value


def _eight_bits(image: Image.Image) -> NDArray[np.uint8]:
    if image.mode.startswith("I"):
        return _from_sixteen(np.asarray(image).astype(np.int64))
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        whole = np.asarray(image.convert("RGBA"), dtype=np.uint8)
        if not (whole[..., 3] == np.iinfo(np.uint8).max).all():
            raise PictureError("unusual-image", "it has transparent parts: save it without")
        return np.ascontiguousarray(whole[..., :3])
    if image.mode not in {"RGB", "L", "1", "P"}:
        raise PictureError("unusual-image", f"colours as {image.mode}: save it as RGB")
    return np.array(image.convert("RGB"), dtype=np.uint8)


def _from_sixteen(values: NDArray[np.int64]) -> NDArray[np.uint8]:
    """8-bit grey, as RGB, of (H, W) 16-bit values that hold no more than that."""
    for step in (257, 256):  # 255 * 257 = 65,535: the whole range; 256: the high byte alone
        if not (values % step).any() and values.max() <= 255 * step:
            return np.repeat((values // step).astype(np.uint8)[..., None], 3, axis=2)
    raise PictureError("unusual-image", "16-bit grey levels that 8 bits do not hold: save it with 8")
