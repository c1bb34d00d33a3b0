"""Which images of a folder a study uses: the first ids or those of a list, and the labels that should have one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from store.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bench.datasets.kitti.layout import Layout
    from bench.datasets.kitti.settings import KittiSettings

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Subset:
    """The used images by id; ``orphans`` are label files without an image, ``available`` counts the folder's images."""

    images: Mapping[str, Path]
    orphans: tuple[Path, ...]
    available: int


def choose(layout: Layout, detection: KittiSettings) -> Subset:
    """The images that ``detection`` asks for: those of ``ids``, else the first ``images`` by id, all where there are fewer.

    Raises DataError where an id of the list has no image.
    """
    return _listed(layout, detection.ids) if detection.ids else _first(layout, detection.images)


def _listed(layout: Layout, ids: tuple[str, ...]) -> Subset:
    """The images of a list, in sorted order; the labels of all others are left out with their images."""
    missing = sorted(set(ids) - layout.images.keys())
    if missing:
        named = ", ".join(missing[:_MOST_NAMED]) + (" ..." if len(missing) > _MOST_NAMED else "")
        message = f"{len(missing)} of the {len(ids)} images that detection.ids names are not there: {named}"
        cure = "correct the list, or fetch the images: python -m bench data fetch kitti"
        raise DataError(message, where=str(layout.folder), cure=cure)
    return Subset({name: layout.images[name] for name in sorted(ids)}, (), len(layout.images))


def _first(layout: Layout, count: int) -> Subset:
    """The first ``count`` images.

    A label whose id sorts behind the last used image belongs to the part that is left out, as where all of KITTI's labels
    lie beside its first images: it is an orphan only where no image was left out.
    """
    names = list(layout.images)[:count]
    cut = names[-1] if count <= len(layout.images) else None
    orphans = tuple(path for name, path in layout.labels.items() if name not in layout.images and (cut is None or name <= cut))
    return Subset({name: layout.images[name] for name in names}, orphans, len(layout.images))
