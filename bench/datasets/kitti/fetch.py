"""Fetches the first KITTI images with their labels and drives, and none of the rest of the 12 GB archive."""

from __future__ import annotations

import csv
import io
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.datasets.download import RETRIES
from bench.datasets.fashion.locate import silent
from bench.datasets.kitti.archive import Bounds, RemoteArchive
from bench.datasets.kitti.drives import MANIFEST, OBJECT_TO_RAW, origin_rows, read_mapping, read_origins
from bench.datasets.kitti.integrity import manifest_rows
from bench.datasets.kitti.manifest import read_manifest
from bench.datasets.pictures import PictureError, read_size
from store.canonical import digest_file
from store.errors import DataError, UsageError
from store.records import write_atomic

if TYPE_CHECKING:
    from zipfile import ZipInfo

    from urllib3.util import Retry

    from bench.datasets.fashion.locate import Progress

IMAGES, LABELS = "training/image_2", "training/label_2"
NOTICE = "LICENSE.txt"
# The image archive's list of 15,000 members takes below 2 MB. The two small archives have 6 MB and less: one request
# brings all of them, where member by member would take hundreds.
_LIST_BYTES, _WHOLE_BYTES = 2 << 20, 8 << 20
_MAPPING = ("train_mapping.txt", "train_rand.txt")
_COLUMNS = ("stem", "drive", "frame", "object_id", "width", "height", "file", "sha256", "label_sha256")


@dataclass(frozen=True, slots=True)
class Job:
    """What to fetch (the first ``images`` by id), from which base ``address``, into which ``folder``."""

    folder: Path
    images: int
    address: str
    progress: Progress
    retries: Retry = RETRIES


def fetch_kitti(job: Job) -> None:
    """Bring the folder up to ``job.images`` images, in KITTI's own layout, with manifest, drives and licence note.

    A file that is there and agrees with the archive's size and CRC-32 is kept; every other is fetched and appears whole or
    not at all, so that a later call goes on from where one stopped. Raises DataError for what the server does not give,
    UsageError for more images than there are, StoreError where the folder cannot be written.
    """
    facts = read_manifest()
    if not 0 < job.images <= facts.images:
        raise UsageError(f"KITTI has {facts.images} labelled images, not {job.images}", where="--images", cure="ask for fewer")
    write_atomic(job.folder / NOTICE, facts.notice().encode())
    _fetch_mapping(job, facts.archives.mapping)
    _fetch_members(job, facts.archives.labels, LABELS, ".txt", silent)
    _fetch_members(job, facts.archives.images, IMAGES, ".png", job.progress)
    write_atomic(job.folder / MANIFEST, _manifest_rows(job).encode())


def wanted_ids(images: int) -> list[str]:
    """The first ids, ``000000`` and on."""
    return [f"{number:06d}" for number in range(images)]


def is_complete(folder: Path, images: int) -> bool:
    """Whether the manifest that a fetch writes last names the first ``images`` ids, and their files are there."""
    listed = {row["stem"] for row in manifest_rows(folder)}
    return all(
        name in listed and (folder / IMAGES / f"{name}.png").is_file() and (folder / LABELS / f"{name}.txt").is_file()
        for name in wanted_ids(images)
    )


def _opened(job: Job, archive: str, tail_bytes: int) -> RemoteArchive:
    facts = read_manifest().archives
    bounds = Bounds(facts.most_members, facts.largest_member_bytes)
    return RemoteArchive(f"{job.address}/{archive}", tail_bytes, job.retries, bounds)


def _fetch_mapping(job: Job, archive: str) -> None:
    """Write object_to_raw.csv from the development kit's two mapping files."""
    if (job.folder / OBJECT_TO_RAW).is_file():
        return
    with _opened(job, archive, _WHOLE_BYTES) as remote, tempfile.TemporaryDirectory() as name:
        for part in _MAPPING:
            found = [member for member in remote.members() if member.endswith(f"mapping/{part}")]
            if not found:
                raise _lacking(job, archive, f"mapping/{part}")
            (Path(name) / part).write_bytes(remote.read(found[0]))
        origins = read_mapping(Path(name))
    write_atomic(job.folder / OBJECT_TO_RAW, origin_rows(origins).encode())


def _fetch_members(job: Job, archive: str, prefix: str, suffix: str, progress: Progress) -> None:
    tail = _LIST_BYTES if prefix == IMAGES else _WHOLE_BYTES
    with _opened(job, archive, tail) as remote:
        members = remote.members()
        wanted = []
        for name in wanted_ids(job.images):
            if f"{prefix}/{name}{suffix}" not in members:
                raise _lacking(job, archive, f"{prefix}/{name}{suffix}")
            wanted.append(members[f"{prefix}/{name}{suffix}"])
        total = sum(info.compress_size for info in wanted)
        done = 0
        for info in wanted:
            path = job.folder / info.filename
            if not _is_sound(path, info):
                write_atomic(path, remote.read(info.filename))
            done += info.compress_size
            progress(done, total)


def _is_sound(path: Path, info: ZipInfo) -> bool:
    """Whether the file has the size and CRC-32 that the archive gives for it."""
    return path.is_file() and path.stat().st_size == info.file_size and zlib.crc32(path.read_bytes()) == info.CRC


def _manifest_rows(job: Job) -> str:
    """Rows of every image in the folder: an earlier, larger fetch stays listed."""
    origins = read_origins(job.folder)
    sink = io.StringIO()
    rows = csv.DictWriter(sink, _COLUMNS, lineterminator="\n")
    rows.writeheader()
    for path in sorted((job.folder / IMAGES).glob("*.png")):
        width, height = _size(path)
        origin = origins.get(path.stem)
        label = job.folder / LABELS / f"{path.stem}.txt"
        rows.writerow(
            {
                "stem": path.stem,
                "drive": origin.drive if origin else "",
                "frame": origin.frame if origin else "",
                "object_id": path.stem,
                "width": width,
                "height": height,
                "file": path.name,
                "sha256": digest_file(path),
                "label_sha256": digest_file(label) if label.is_file() else "",
            }
        )
    return sink.getvalue()


def _size(path: Path) -> tuple[int, int]:
    try:
        return read_size(path)
    except PictureError as error:
        message = f"{path.name} came as the archive has it, and is no usable image: {error}"
        cure = f"delete it and take the official address: leave out BENCH_KITTI_URL ({path.parent})"
        raise DataError(message, where=str(path), cure=cure) from error


def _lacking(job: Job, archive: str, member: str) -> DataError:
    cure = "take the official address: leave out BENCH_KITTI_URL"
    return DataError(f"the archive has no file {member}", where=f"{job.address}/{archive}", cure=cure)
