"""Finds the folder with KITTI's images, and the one with the drawn street scenes, which it draws where it is missing."""

from __future__ import annotations

import shutil
import uuid
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from bench.datasets.catalogue import absent, measured
from bench.datasets.kitti.digests import digest_of
from bench.datasets.kitti.folders import EXPECTED, contents, is_dataset
from bench.datasets.kitti.integrity import manifest_rows
from store.canonical import digest
from store.errors import DataError, unwritable

if TYPE_CHECKING:
    from bench.datasets.catalogue import Dataset, Sources
    from bench.datasets.kitti.settings import KittiSettings

KITTI = "kitti"
DRAWN = "drawn"
DONOR_SCENES = "drawn-donor"

# What decides over the pixels: the drawing code and the libraries that it draws with.
_DRAWING_CODE = ("scenes.py", "pen.py", "people.py", "street.py", "vehicles.py", "world.py")
_DRAWING_LIBRARIES = ("numpy", "pillow")


def dataset_of(settings: KittiSettings, sources: Sources) -> Dataset:
    """KITTI's images, with the digest of what ``settings`` use; they are the user's to bring: without them it is absent."""
    try:
        folder = locate_kitti(sources.data_dir, sources.cache_dir)
    except DataError as error:
        return absent(KITTI, sources.cache_dir, str(error))
    return _measured(KITTI, folder, settings, sources)


def drawn_of(settings: KittiSettings, sources: Sources) -> Dataset:
    """The drawn street scenes, drawn now where the cache lacks them."""
    return _measured(DRAWN, locate_drawn(sources.cache_dir), settings, sources)


def donor_scenes_of(settings: KittiSettings, sources: Sources) -> Dataset:
    """Drawn street scenes of other drives, drawn now where the cache lacks them."""
    return _measured(DONOR_SCENES, locate_drawn(sources.cache_dir, DONOR_SCENES), settings, sources)


def kitti_folders(data_dir: Path | None, cache_dir: Path) -> tuple[Path, ...]:
    """Where KITTI's images are looked for: ``data_dir/kitti`` and ``data_dir`` where one is given, else the cache."""
    return (cache_dir / KITTI,) if data_dir is None else (data_dir / KITTI, data_dir)


def find_kitti(data_dir: Path | None, cache_dir: Path) -> Path | None:
    """The first of ``kitti_folders`` that holds images and labels in one of the forms, or None."""
    return next((folder for folder in kitti_folders(data_dir, cache_dir) if is_dataset(folder)), None)


def locate_kitti(data_dir: Path | None, cache_dir: Path) -> Path:
    """Like ``find_kitti``, but raises DataError with the cure; nothing is downloaded, as the licence is the user's choice."""
    folder = find_kitti(data_dir, cache_dir)
    if folder is not None:
        return folder
    places = kitti_folders(data_dir, cache_dir)
    message = "the KITTI images are missing"
    cure = (
        f"name a folder that holds {EXPECTED}: --data DIR; "
        "or fetch the first images (CC BY-NC-SA 3.0): nox -s bench -- data fetch kitti"
    )
    if data_dir is not None:
        nearest = next(place for place in places if place.is_dir() or place == data_dir)
        message += f" in the data folder: {nearest} {contents(nearest).replace('it ', '', 1)}"
        cure += ", and leave out --data and BENCH_DATA_DIR"
    raise DataError(message, where=", ".join(map(str, places)), cure=cure)


def _measured(name: str, folder: Path, settings: KittiSettings, sources: Sources) -> Dataset:
    whole = partial(digest_of, folder, settings)
    return measured(name, folder, whole, partial(whole, sources.memory))


def locate_drawn(cache_dir: Path, name: str = DRAWN) -> Path:
    """The folder of the drawn street scenes in the cache, drawn now (in seconds) where it is not there.

    ``name`` says which drives: those of ``drawn`` or those of ``drawn-donor``. The folder's name changes with the drawing code
    and libraries. Raises StoreError where the cache cannot be written.
    """
    folder = cache_dir / f"{name}-{_drawing_digest()[:12]}"
    if _is_whole(folder):
        return folder
    from bench.datasets.drawn.scenes import DONOR_DRIVES, DRIVES, write_drawn  # noqa: PLC0415 - numpy and Pillow only where something is drawn

    partial = folder.with_name(f".partial-{folder.name}-{uuid.uuid4().hex[:8]}")
    try:
        write_drawn(partial, DONOR_DRIVES if name == DONOR_SCENES else DRIVES)
        if not _is_whole(folder):  # another process may have been faster
            shutil.rmtree(folder, ignore_errors=True)
            partial.rename(folder)
    except OSError as error:
        elsewhere = "or name another folder: BENCH_CACHE_DIR=DIR"
        raise unwritable("cannot write the drawn street scenes", folder, error, elsewhere) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder


def _is_whole(folder: Path) -> bool:
    """Whether every scene that the folder's manifest lists has its image and label."""
    rows = manifest_rows(folder)
    scenes = [(folder / "images" / row["file"], folder / "labels" / f"{row['stem']}.txt") for row in rows]
    return bool(scenes) and all(path.is_file() for scene in scenes for path in scene)


def _drawing_digest() -> str:
    here = Path(__file__).parents[1] / "drawn"
    code = {name: (here / name).read_text(encoding="utf-8") for name in _DRAWING_CODE}
    return digest({"code": code, "libraries": {name: version(name) for name in _DRAWING_LIBRARIES}})
