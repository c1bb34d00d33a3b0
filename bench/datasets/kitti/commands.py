"""What ``bench data fetch``, ``verify`` and ``where`` do for KITTI, as plain facts that the command line prints or dumps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.datasets.fashion.locate import silent
from bench.datasets.kitti.ambiguity import refuse_ambiguous
from bench.datasets.kitti.integrity import check_manifest
from bench.datasets.kitti.layout import read_layout
from bench.datasets.kitti.locate import KITTI, find_kitti, kitti_folders, locate_kitti
from bench.datasets.kitti.manifest import read_manifest
from store.errors import DataError, IntegrityError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pydantic import JsonValue

    from bench.datasets.fashion.locate import Progress
    from bench.datasets.kitti.settings import KittiSettings

_MOST_SHOWN = 100
ADDRESS_VARIABLE = "BENCH_KITTI_URL"


def fetch(
    images: int, *, cache_dir: Path, offline: bool, address: str | None = None, progress: Progress = silent
) -> dict[str, JsonValue]:
    """Bring the first ``images`` images, their labels and drives into the cache, from ``address`` or the official one.

    What is there and sound is kept. Raises DataError where the server does not give them or ``offline`` forbids to ask,
    UsageError for more images than KITTI has, IntegrityError where a file was altered since it came.
    """
    from bench.datasets.kitti.fetch import Job, fetch_kitti, is_complete  # noqa: PLC0415 - requests takes 0.1 s

    folder = cache_dir / KITTI
    ready = is_complete(folder, images) and (offline or _is_sound(folder))
    if offline and not ready:
        raise DataError(
            f"the first {images} KITTI images are not in the cache, and the network is not to be used",
            where=str(folder),
            cure="fetch them once without --offline, or name a folder that holds them: --data DIR",
        )
    if not ready:
        base = (address or read_manifest().archives.address).rstrip("/")
        fetch_kitti(Job(folder, images, base, progress))
    return _facts(folder, "cache" if ready else "downloaded") | {"checked": check_manifest(folder)}


def verify(detection: KittiSettings, *, data_dir: Path | None, cache_dir: Path) -> dict[str, JsonValue]:
    """Recompute the checksums that the folder's manifest.csv lists, and read every used label.

    ``checked`` counts compared files (0 without a manifest), ``problems`` are the unusable lines and images, each with its
    place, ``sound`` says whether there is none, ``objects`` counts what there is to train on. Raises DataError where the
    images are missing or a list can be read in two ways, IntegrityError where a file differs from its checksum.
    """
    from bench.datasets.kitti.reader import read_dataset  # noqa: PLC0415 - with Pillow, which the other commands do not need

    folder = locate_kitti(data_dir, cache_dir)
    refuse_ambiguous(folder)
    checked = check_manifest(folder)
    lenient = detection.model_copy(update={"strict_labels": False})
    found = read_dataset(folder, lenient, "3class")
    problems: list[JsonValue] = [problem.describe() for problem in found.problems]
    return _facts(folder, _origin(folder, cache_dir)) | {
        "checked": checked,
        "problems": problems,
        "sound": not problems,
        "images_without_label": found.images_without_label,
        "objects": sum(len(image.boxes) for image in found.images),
    }


def where(*, data_dir: Path | None, cache_dir: Path) -> dict[str, JsonValue]:
    """Where the images are, or would be fetched to; nothing is read or fetched."""
    folder = find_kitti(data_dir, cache_dir)
    if folder is None:
        place = kitti_folders(data_dir, cache_dir)[-1]
        return _notice() | {"source": KITTI, "path": str(place), "origin": "cache", "complete": False, "images": 0, "labels": 0}
    return _facts(folder, _origin(folder, cache_dir))


def text(found: Mapping[str, JsonValue]) -> str:
    """The facts as lines for people."""
    lines = [f"{found['source']} ({found['origin']}): {found['path']}"]
    lines.append(f"  {found['images']} images, {found['labels']} label files" if found["complete"] else "  missing")
    if "checked" in found:
        lines.append(f"  {found['checked']} files agree with their checksums")
    if found.get("images_without_label"):
        lines.append(f"  {found['images_without_label']} images have no label file: they count as without object")
    if found.get("objects") == 0:
        lines.append("  no label names an object of the study's classes: a run would end with that error")
    problems = found.get("problems")
    if isinstance(problems, list) and problems:
        lines += [f"  {problem}" for problem in problems[:_MOST_SHOWN]]
        lines += [f"  and {len(problems) - _MOST_SHOWN} more (--json lists all)"] if len(problems) > _MOST_SHOWN else []
        lines.append(f"  {len(problems)} problems: a run leaves out what is named here")
    return "\n".join([*lines, f"  licence: {found['licence']}, {found['licence_address']}", f"  cite: {found['citation']}"])


def _facts(folder: Path, origin: str) -> dict[str, JsonValue]:
    layout = read_layout(folder)
    return _notice() | {
        "source": KITTI,
        "path": str(folder),
        "origin": origin,
        "complete": True,
        "images": len(layout.images),
        "labels": len(layout.labels),
        "label_format": layout.rules.label_format,
    }


def _notice() -> dict[str, JsonValue]:
    facts = read_manifest()
    return {
        "licence": facts.licence,
        "licence_address": facts.licence_address,
        "holder": facts.holder,
        "citation": facts.citation,
    }


def _origin(folder: Path, cache_dir: Path) -> str:
    return "cache" if folder == cache_dir / KITTI else "data-dir"


def _is_sound(folder: Path) -> bool:
    try:
        check_manifest(folder)
    except (DataError, IntegrityError):
        return False
    return True
