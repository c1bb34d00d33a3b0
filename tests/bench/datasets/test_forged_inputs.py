"""300 forged inputs by seeded mutation: data files, images, labels, checkpoints, profiles, archives; only our errors come."""

from __future__ import annotations

import gzip
import io
import struct
import zlib
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest
import torch

from bench.datasets.fashion.dataset import load
from bench.datasets.kitti.reader import read_dataset
from bench.harness.profile import load_profile
from bench.models.detection.checkpoint import read_checkpoint
from bench.studies.assignment_2.config import DetectionConfig
from store.archive import export_run, import_run
from store.errors import StudyError
from tests.bench.datasets.kitti.conftest import image_bytes, kitti_line
from tests.limits import a_minute
from tests.store.test_archive import write_store

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.campaign
SAMPLE = Path(__file__).parents[3] / "data" / "sample" / "fashion-mnist"
PROFILE = Path(__file__).parents[3] / "bench" / "studies" / "assignment_2" / "profiles" / "quick.toml"
EACH = 60


def mutated(content: bytes, random: Random) -> bytes:  # noqa: PLR0911 - a line for each kind of damage
    """Bits flipped, bytes cut, doubled or put in, numbers made huge, or something else altogether."""
    kind = random.randrange(7)
    place = random.randrange(max(len(content), 1))
    if kind == 0:
        changed = bytearray(content or b"x")
        for _ in range(random.randint(1, 30)):
            changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
        return bytes(changed)
    if kind == 1:
        return content[:place]
    if kind == 2:
        return (
            content[:place]
            + random.choice([b"\0", b"\xff" * 8, b"9" * 400, "\u202e漢".encode(), b"\n" * 1000])
            + content[place:]
        )
    if kind == 3:
        return content[:place] + content[max(0, place - 200) : place] * 50 + content[place:]
    if kind == 4:
        return content[:place] + struct.pack(">Q", random.choice([1 << 63, (1 << 32) - 1, 0])) + content[place + 8 :]
    if kind == 5:
        return random.choice(
            [b"", b"\0" * 1000, b"[" * 100_000, b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"PK\x03\x04", b"\xef\xbb\xbf"]
        )
    return random.randbytes(500)


def fashion(folder: Path, random: Random) -> None:
    """The four files, one of them forged, sometimes inside its compression: then also a bomb of zeros."""
    folder.mkdir()
    names = sorted(path.name for path in SAMPLE.glob("*.gz"))
    chosen = random.choice(names)
    for name in names:
        content = (SAMPLE / name).read_bytes()
        if name == chosen:
            content = forged_gzip(content, random)
        (folder / name).write_bytes(content)
    load(folder)


def forged_gzip(content: bytes, random: Random) -> bytes:
    """Damaged as it lies there, damaged inside, or a bomb of zeros behind a head that claims much."""
    kind, inner = random.randrange(3), gzip.decompress(content)
    if kind == 0:
        return mutated(content, random)
    return gzip.compress(mutated(inner, random) if kind == 1 else inner[:4] + b"\x7f" * 8 + bytes(1 << 26), 1)


def street(folder: Path, random: Random) -> None:
    """Ten images with labels; an image, a label or a class list forged."""
    for number in range(10):
        for place, content in (("images", image_bytes(number)), ("labels", kitti_line().encode() * 2)):
            (folder / place).mkdir(parents=True, exist_ok=True)
            (folder / place / f"{number:06d}.{'png' if place == 'images' else 'txt'}").write_bytes(content)
    path = random.choice(sorted((folder / random.choice(["images", "labels"])).iterdir()))
    content = path.read_bytes()
    bomb = png(100_000, 100_000) if path.suffix == ".png" else b"Car " + b"1e999 " * 14
    path.write_bytes(random.choice([mutated(content, random), mutated(content, random), bomb]))
    if random.random() < 0.2:
        (folder / "classes.txt").write_bytes(mutated(b"car\nperson\ncyclist\n", random))
    read_dataset(folder, DetectionConfig(dataset="kitti", images=10), random.choice(["car", "3class"]))


def png(width: int, height: int) -> bytes:
    """A picture that claims a size and holds nothing of it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


def checkpoint(folder: Path, random: Random) -> None:
    """A real checkpoint with its pickle or its archive forged."""
    folder.mkdir()
    sink = io.BytesIO()
    torch.save({"model": torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4))}, sink)
    (folder / "x.pt").write_bytes(mutated(sink.getvalue(), random))
    read_checkpoint(folder / "x.pt")


def profile(folder: Path, random: Random) -> None:
    """A profile of one's own, forged."""
    folder.mkdir()
    (folder / "mine.toml").write_bytes(mutated(PROFILE.read_bytes(), random))
    load_profile(str(folder / "mine.toml"))


def archive(folder: Path, random: Random) -> None:
    """An archive of a run, forged anywhere in it."""
    write_store(folder / "a")
    export_run(folder / "a", None, folder / "run.tar")
    (folder / "run.tar").write_bytes(mutated((folder / "run.tar").read_bytes(), random))
    import_run(folder / "b", folder / "run.tar")


@pytest.mark.parametrize("forge", [fashion, street, checkpoint, profile, archive], ids=lambda each: each.__name__)
@pytest.mark.parametrize("part", range(6))
def test_forged_inputs(forge: Callable[[Path, Random], None], part: int, tmp_path: Path) -> None:
    """Read to the end, or refused with a message that says what and where, within a minute."""
    for number in range(part, EACH, 6):
        with a_minute(), suppress(StudyError):
            forge(tmp_path / str(number), Random(f"{forge.__name__}-{number}"))  # noqa: S311 - to repeat it
