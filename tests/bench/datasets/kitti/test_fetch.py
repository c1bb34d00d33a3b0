"""Fetching single images out of archives on a loopback server: what is asked for, kept, repaired and refused."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from urllib3.util import Retry

from bench.datasets.kitti.drives import Origin, read_origins
from bench.datasets.kitti.fetch import Job, fetch_kitti, is_complete
from bench.datasets.kitti.integrity import check_manifest, manifest_rows
from bench.datasets.kitti.layout import read_layout
from store.canonical import digest_file
from store.errors import DataError, UsageError
from tests.bench.datasets.kitti.conftest import image_bytes, kitti_line, zip_bytes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.bench.datasets.kitti.conftest import Server

AT_ONCE = Retry(total=2, backoff_factor=0, status_forcelist=(500,), allowed_methods=("GET",))
IMAGE_ARCHIVE = "/data_object_image_2.zip"


def fetch(server: Server, folder: Path, images: int = 3) -> list[tuple[int, int]]:
    """Fetch from the server without waiting between retries; returns what the progress was told."""
    told: list[tuple[int, int]] = []
    fetch_kitti(Job(folder, images, server.url, lambda done, total: told.append((done, total)), AT_ONCE))
    return told


@pytest.fixture
def server(serve: Callable[..., Server], official_archives: dict[str, bytes]) -> Server:
    """A server of the three archives that supports ranges."""
    return serve(official_archives)


def test_the_first_images_come_with_labels_drives_and_licence(server: Server, tmp_path: Path) -> None:
    """In KITTI's own layout, byte for byte, with a manifest that names every file."""
    told = fetch(server, tmp_path)
    layout = read_layout(tmp_path)
    assert {name: path.read_bytes() for name, path in layout.images.items()} == {
        f"{number:06d}": image_bytes(number) for number in range(3)
    }
    assert [path.read_text() for path in layout.labels.values()] == [kitti_line() * number for number in range(3)]
    assert read_origins(tmp_path)["000001"] == Origin("2011_09_26_drive_0003", 10)
    assert "CC BY-NC-SA 3.0" in (tmp_path / "LICENSE.txt").read_text()
    row = manifest_rows(tmp_path)[1]
    assert row == {
        "stem": "000001",
        "drive": "2011_09_26_drive_0003",
        "frame": "10",
        "object_id": "000001",
        "width": "100",
        "height": "40",
        "file": "000001.png",
        "sha256": digest_file(layout.images["000001"]),
        "label_sha256": digest_file(layout.labels["000001"]),
    }
    assert check_manifest(tmp_path) == 6
    assert told[-1][0] == told[-1][1] > 0
    assert len(told) == 3


def test_only_the_wanted_part_is_asked_for(
    server: Server, tmp_path: Path, official_archives: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of an archive much larger than its list of members, three members cost three requests and little more."""
    monkeypatch.setattr("bench.datasets.kitti.fetch._LIST_BYTES", 64 << 10)
    fetch(server, tmp_path)
    asked = [span for path, span in server.requests if path == IMAGE_ARCHIVE]
    assert len(asked) == 1 + 3
    assert all(asked)
    assert server.sent_bytes < len(official_archives["data_object_image_2.zip"]) / 10


def test_what_is_there_and_sound_is_kept(server: Server, tmp_path: Path) -> None:
    """A second, larger fetch brings what is missing; damaged files come anew, sound ones are not touched."""
    fetch(server, tmp_path, images=2)
    first, second = (tmp_path / f"training/image_2/00000{number}.png" for number in range(2))
    os.utime(first, ns=(1, 1))
    second.write_bytes(second.read_bytes()[:-1] + b"x")
    assert is_complete(tmp_path, 2)
    assert not is_complete(tmp_path, 4)
    fetch(server, tmp_path, images=4)
    assert first.stat().st_mtime_ns == 1
    assert second.read_bytes() == image_bytes(1)
    assert is_complete(tmp_path, 4)
    fetch(server, tmp_path, images=1)
    assert len(manifest_rows(tmp_path)) == 4


def test_a_stopped_fetch_goes_on(server: Server, tmp_path: Path) -> None:
    """Nothing half-written has a file's name, and what arrived before the stop is not asked for again."""

    def stop(done: int, _total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch_kitti(Job(tmp_path, 3, server.url, stop, AT_ONCE))
    assert [path.name for path in (tmp_path / "training/image_2").iterdir()] == ["000000.png"]
    assert not is_complete(tmp_path, 3)
    fetch(server, tmp_path)
    assert check_manifest(tmp_path) == 6


@pytest.mark.parametrize(
    ("fault", "request_number"),
    # Requests 0 and 1 are lists of members, where flipped bits may hit a member that nobody wants.
    [("cut", 0), ("500", 0), ("cut", 1), ("500", 1), ("cut", 2), ("500", 2), ("corrupt", 2), ("cut", 3), ("corrupt", 4)],
)
def test_a_fault_is_made_good_by_asking_again(
    server: Server, tmp_path: Path, fault: str, request_number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cut answer, flipped bits and a server error, at the list of members and at the members themselves."""
    monkeypatch.setattr("bench.datasets.kitti.fetch._LIST_BYTES", 64 << 10)
    fetch(server, tmp_path, images=1)
    for path in (tmp_path / "training/image_2").iterdir():
        path.unlink()
    server.faults += [""] * request_number + [fault]
    fetch(server, tmp_path)
    assert [path.read_bytes() for path in read_layout(tmp_path).images.values()] == [image_bytes(number) for number in range(3)]


def test_a_lasting_fault_is_an_error_with_the_address(server: Server, tmp_path: Path) -> None:
    """After the last retry: what failed, where, and how to go on."""
    server.faults += ["500"] * 20
    with pytest.raises(DataError, match=r"devkit_object\.zip[^\0]*run again to go on"):
        fetch(server, tmp_path)


def test_a_missing_archive_is_not_asked_for_again(serve: Callable[..., Server], tmp_path: Path) -> None:
    """404 will be 404 the next time, too."""
    server = serve({})
    with pytest.raises(DataError, match="404"):
        fetch(server, tmp_path)
    assert len(server.requests) == 1


def test_a_server_without_ranges_is_refused(
    serve: Callable[..., Server], official_archives: dict[str, bytes], tmp_path: Path
) -> None:
    """Clearly, and before 12 GB are on their way."""
    with pytest.raises(DataError, match=r"byte ranges[^\0]*devkit_object\.zip[^\0]*training/image_2"):
        fetch(serve(official_archives, ranged=False), tmp_path)


def test_an_address_of_something_else_is_refused(serve: Callable[..., Server], tmp_path: Path) -> None:
    """No archive, or one without the files."""
    with pytest.raises(DataError, match="no ZIP archive arrives"):
        fetch(serve({"devkit_object.zip": b"<html>moved</html>" * 100}), tmp_path)
    with pytest.raises(DataError, match=r"has no file mapping/train_mapping\.txt"):
        fetch(serve({"devkit_object.zip": zip_bytes({"readme.txt": b""})}), tmp_path)


def test_an_archive_without_a_wanted_image_is_refused(server: Server, tmp_path: Path) -> None:
    """The server here has five."""
    with pytest.raises(DataError, match=r"has no file training/label_2/000005\.txt"):
        fetch(server, tmp_path, images=6)


@pytest.mark.parametrize("images", [0, -1, 7482])
def test_a_number_beyond_the_data_set_is_refused(server: Server, tmp_path: Path, images: int) -> None:
    """Before anything is asked of the server."""
    with pytest.raises(UsageError, match="7481 labelled images"):
        fetch(server, tmp_path, images=images)
    assert server.requests == []


def forged(archives: dict[str, bytes], content: bytes) -> dict[str, bytes]:
    """The archives with other bytes for the images."""
    return archives | {"data_object_image_2.zip": content}


def patched(content: bytes, local: int, listed: int, value: bytes) -> bytes:
    """A ZIP archive with a field of each member overwritten, in front of it and in the list."""
    found = bytearray(content)
    for mark, offset in ((b"PK\3\4", local), (b"PK\1\2", listed)):
        place = found.find(mark)
        while place >= 0:
            found[place + offset : place + offset + len(value)] = value
            place = found.find(mark, place + 4)
    return bytes(found)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("bomb", r"unpacks to 9000000 bytes, where 2097152 are expected"),
        ("no image", r"000000\.png came as the archive has it, and is no usable image: no PNG or JPEG image"),
        ("method", "cannot be unpacked: That compression method is not supported"),
        ("password", "cannot be unpacked: .*encrypted"),
        ("version", "cannot be read: zip file version 20.0"),
        ("members", "lists 30001 members, where at most 30000 are expected"),
    ],
)
def test_a_lying_archive_is_refused(
    serve: Callable[..., Server], official_archives: dict[str, bytes], tmp_path: Path, kind: str, said: str
) -> None:
    """Beyond the catalogue's bounds nothing is read, and what no library unpacks is told."""
    names = [f"training/image_2/{number:06d}.png" for number in range(2)]
    good = zip_bytes({name: image_bytes(number) for number, name in enumerate(names)})
    content = {
        "bomb": zip_bytes(dict.fromkeys(names, bytes(9_000_000))),
        "no image": zip_bytes(dict.fromkeys(names, b"<html>error</html>")),
        "method": patched(good, 8, 10, b"\x63\0"),
        "password": patched(good, 6, 8, b"\1\0"),
        "version": patched(good, 4, 6, b"\xc8\0"),
        "members": zip_bytes(dict.fromkeys((*names, *(f"x/{number}" for number in range(29_999))), b"")),
    }[kind]
    with pytest.raises(DataError, match=said):
        fetch(serve(forged(official_archives, content)), tmp_path, images=2)


def test_a_range_that_was_not_asked_for_is_refused(
    serve: Callable[..., Server], official_archives: dict[str, bytes], tmp_path: Path
) -> None:
    """A server that announces a terabyte is not read from."""
    server = serve(official_archives)
    server.faults = ["", "", "endless"]
    with pytest.raises(DataError, match=r"answers with the range 'bytes 0-999999999999/1000000000000'"):
        fetch(server, tmp_path, images=2)
