"""The one digest of a whole detection set, from the bytes of its files; a plan may remember those of images.

What a cache remembers is a hint for plans alone: it is asked by path, size, both times and inode, which a program that
means to deceive can still set. Before and after each task the bytes are read.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Literal

from bench.datasets.doors import PICTURE_BYTES
from bench.datasets.kitti.drives import read_origins
from bench.datasets.kitti.layout import read_layout
from bench.datasets.kitti.subset import choose
from store.canonical import canonical_json, digest, digest_within
from store.doors import read_bounded
from store.errors import DataError, printable
from store.records import write_atomic

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from bench.datasets.kitti.settings import KittiSettings

Content = Literal["file", "pixels"]
Stamp = list[str | int]

_CACHE = "image-digests.json"
_CACHE_BYTES = 64 << 20  # an entry takes 200 bytes
_UNREADABLE = "unreadable"
# File digest to pixel digest: each process decodes a drawn image once, and reads its bytes whenever it is asked.
_decoded: dict[str, str] = {}


def digest_of(folder: Path, settings: KittiSettings, cache_dir: Path | None = None) -> str:
    """SHA-256 over the images that ``settings`` use, their labels, their drives and the class names.

    It names the input of a task: equal content gives an equal digest, wherever and in which layout it lies. Every byte is
    read, but for the images that ``cache_dir`` knows, where it is given. Raises DataError where the folder holds no such data.
    """
    layout = read_layout(folder)
    subset = choose(layout, settings)
    origins = read_origins(folder)
    digests = image_digests(subset.images.values(), content_of(settings), cache_dir)
    labels = [layout.labels.get(name) for name in subset.images]
    content = {
        "images": {name: digests[path] for name, path in subset.images.items()},
        "labels": {path.stem: _file_digest(path) for path in (*labels, *subset.orphans) if path is not None},
        "duplicates": [path.name for path in (*layout.duplicates, *layout.duplicate_labels)],
        "origins": {name: [origins[name].drive, origins[name].frame] for name in subset.images if name in origins},
        "label_format": layout.rules.label_format,
        "names": layout.rules.names,
    }
    if layout.unreadable:
        content["unreadable"] = [layout.relative(path) for path in layout.unreadable]
    return digest(content)


def content_of(settings: KittiSettings) -> Content:
    """What an image's digest covers: the pixels of drawn images (zlibs differ), the bytes of all others."""
    return "pixels" if settings.dataset == "drawn" else "file"


def image_digests(paths: Iterable[Path], content: Content, cache_dir: Path | None) -> dict[Path, str]:
    """Path to digest; what ``cache_dir`` remembers under the same size, times and inode is not read.

    An image that cannot be read counts as such here: the reader names it among the problems. Raises DataError for a drawn
    image that cannot be decoded, StoreError where the cache cannot be written.
    """
    known = _remembered(cache_dir)
    found: dict[Path, str] = {}
    fresh: dict[str, Stamp] = {}
    for path in paths:
        stamp = None if cache_dir is None else _stamp(path, content)
        entry = known.get(printable(str(path)))
        if stamp is not None and isinstance(entry, list) and entry[:-1] == stamp:
            found[path] = str(entry[-1])
            continue
        found[path] = _file_digest(path) if content == "file" else _pixel_digest(path)
        if stamp is not None and stamp == _stamp(path, content):  # nobody wrote while it was read
            fresh[printable(str(path))] = [*stamp, found[path]]
    if fresh and cache_dir is not None:
        write_atomic(cache_dir / _CACHE, canonical_json(known | fresh))
    return found


def digest_of_pixels(pixels: NDArray[np.uint8]) -> str:
    """SHA-256 over width, height and RGB values of (H, W, 3) uint8 pixels."""
    hasher = hashlib.sha256(f"{pixels.shape[1]}x{pixels.shape[0]}".encode())
    hasher.update(pixels.tobytes())
    return hasher.hexdigest()


def _stamp(path: Path, content: Content) -> Stamp | None:
    try:
        state = path.stat()
    except OSError:
        return None
    return [content, state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino, state.st_dev]


def _remembered(cache_dir: Path | None) -> dict[str, Stamp]:
    """The cache's entries; an unreadable cache is an empty one, as everything in it can be measured again."""
    if cache_dir is None:
        return {}
    try:
        content = json.loads(read_bounded(cache_dir / _CACHE, _CACHE_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _pixel_digest(path: Path) -> str:
    """Of a drawn image; its bytes are read at each call, and decoded where this process has not decoded them yet."""
    from bench.datasets.pictures import PictureError, read_picture  # noqa: PLC0415 - most plans decode nothing

    of_file = _file_digest(path)
    if of_file not in _decoded:
        try:
            picture = read_picture(path)
        except PictureError as error:
            message = f"drawn image {path.name} cannot be decoded: {error}"
            raise DataError(message, where=str(path), cure=f"delete {path.parents[1]}: it is drawn again") from error
        of_file = hashlib.sha256(picture.content).hexdigest()
        _decoded[of_file] = digest_of_pixels(picture.pixels)
    return _decoded[of_file]


def _file_digest(path: Path) -> str:
    """Of an image or a label; what is larger than their readers take is read here neither, and known by its size."""
    try:
        found, size = digest_within(path, PICTURE_BYTES)
    except OSError:
        return _UNREADABLE
    return found or f"{_UNREADABLE}: {size} bytes"
