"""Digests of images, remembered by path, size and modification time, and the one digest of a whole detection set."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Literal

from bench.datasets.kitti.drives import read_origins
from bench.datasets.kitti.layout import read_layout
from bench.datasets.kitti.subset import choose
from store.canonical import canonical_json, digest, digest_file
from store.errors import DataError
from store.records import write_atomic

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from bench.datasets.kitti.settings import KittiSettings

Content = Literal["file", "pixels"]

_CACHE = "image-digests.json"
_UNREADABLE = "unreadable"


def digest_of(folder: Path, detection: KittiSettings, cache_dir: Path | None) -> str:
    """SHA-256 over the images that ``detection`` uses, their labels, their drives and the class names.

    It names the input of a task: equal content gives an equal digest, wherever and in which layout it lies. Reads every
    image once; later calls ask ``cache_dir``. Raises DataError where the folder holds no such data.
    """
    layout = read_layout(folder)
    subset = choose(layout, detection)
    origins = read_origins(folder)
    digests = image_digests(subset.images.values(), content_of(detection), cache_dir)
    labels = [layout.labels.get(name) for name in subset.images]
    content = {
        "images": {name: digests[path] for name, path in subset.images.items()},
        "labels": {path.stem: _file_digest(path) for path in (*labels, *subset.orphans) if path is not None},
        "duplicates": [path.name for path in layout.duplicates],
        "origins": {name: [origins[name].drive, origins[name].frame] for name in subset.images if name in origins},
        "label_format": layout.rules.label_format,
        "names": layout.rules.names,
    }
    return digest(content)


def content_of(detection: KittiSettings) -> Content:
    """What an image's digest covers: the pixels of drawn images (zlibs differ), the bytes of all others."""
    return "pixels" if detection.dataset == "drawn" else "file"


def image_digests(paths: Iterable[Path], content: Content, cache_dir: Path | None) -> dict[Path, str]:
    """Path to digest. What ``cache_dir`` remembers is not read again unless its size or modification time changed.

    An image that cannot be read counts as such here: the reader names it among the problems. Raises DataError for a drawn
    image that cannot be decoded, StoreError where the cache cannot be written.
    """
    known = _remembered(cache_dir)
    found: dict[Path, str] = {}
    fresh: dict[str, list[str | int]] = {}
    for path in paths:
        try:
            state = path.stat()
        except OSError:
            found[path] = _UNREADABLE
            continue
        stamp: list[str | int] = [content, state.st_size, state.st_mtime_ns]
        entry = known.get(str(path))
        if entry is not None and entry[:-1] == stamp:
            found[path] = str(entry[-1])
        else:
            found[path] = _measure(path, content)
            fresh[str(path)] = [*stamp, found[path]]
    if fresh and cache_dir is not None:
        write_atomic(cache_dir / _CACHE, canonical_json(known | fresh))
    return found


def pixel_digest(path: Path) -> str:
    """SHA-256 over size and RGB values of the image; raises OSError where it cannot be decoded."""
    from PIL import Image  # noqa: PLC0415 - a plan whose digests are all remembered decodes nothing

    with Image.open(path) as image:
        hasher = hashlib.sha256(f"{image.width}x{image.height}".encode())
        hasher.update(image.convert("RGB").tobytes())
    return hasher.hexdigest()


def _remembered(cache_dir: Path | None) -> dict[str, list[str | int]]:
    """The cache's entries; an unreadable cache is an empty one, as everything in it can be measured again."""
    if cache_dir is None:
        return {}
    try:
        content = json.loads((cache_dir / _CACHE).read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _measure(path: Path, content: Content) -> str:
    if content == "file":
        return _file_digest(path)
    try:
        return pixel_digest(path)
    except (OSError, SyntaxError) as error:  # Pillow reports some broken PNG files as a SyntaxError
        message = f"drawn image {path.name} cannot be decoded: {error}"
        raise DataError(message, where=str(path), cure=f"delete {path.parents[1]}: it is drawn again") from error


def _file_digest(path: Path) -> str:
    try:
        return digest_file(path)
    except OSError:
        return _UNREADABLE
