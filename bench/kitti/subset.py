"""Which images of a folder a study uses: the first ids in sorted order, and the labels that should have one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bench.kitti.layout import Layout


@dataclass(frozen=True, slots=True)
class Subset:
    """The used images by id; ``orphans`` are label files without an image, ``available`` counts the folder's images."""

    images: Mapping[str, Path]
    orphans: tuple[Path, ...]
    available: int


def choose(layout: Layout, count: int) -> Subset:
    """The first ``count`` images by id, or all where there are fewer.

    A label whose id sorts behind the last used image belongs to the part that is left out, as where all of KITTI's labels
    lie beside its first images: it is an orphan only where no image was left out.
    """
    names = list(layout.images)[:count]
    cut = names[-1] if count <= len(layout.images) else None
    orphans = tuple(path for name, path in layout.labels.items() if name not in layout.images and (cut is None or name <= cut))
    return Subset({name: layout.images[name] for name in names}, orphans, len(layout.images))
