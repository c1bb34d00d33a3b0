"""Small labelled folders in every layout, and a loopback server for archives that can refuse ranges or cut answers."""

from __future__ import annotations

import io
import re
import zipfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from tests.bench.serving import served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

WIDTH, HEIGHT = 100, 40


def image_bytes(number: int = 0, *, kind: str = "PNG") -> bytes:
    """A 100 x 40 picture that differs by ``number``."""
    pixels = np.random.default_rng(number).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    sink = io.BytesIO()
    Image.fromarray(pixels).save(sink, format=kind)
    return sink.getvalue()


def kitti_line(name: str = "Car", box: tuple[float, float, float, float] = (10, 10, 30, 20)) -> str:
    """A line of KITTI text."""
    corners = " ".join(f"{value:.2f}" for value in box)
    return f"{name} 0.00 0 -1.57 {corners} 1.50 1.60 4.00 1.00 1.70 20.00 -1.50\n"


@dataclass
class DataFolder:
    """Writes a labelled folder piece by piece."""

    folder: Path
    images: str = "images"
    labels: str = "labels"

    def add(self, name: str, label: str | None = "", *, kind: str = "png") -> DataFolder:
        """An image, and its label file unless ``label`` is None."""
        number = int(re.sub(r"\D", "", name) or 0)
        self.put(f"{self.images}/{name}.{kind}", image_bytes(number, kind="PNG" if kind.lower() == "png" else "JPEG"))
        (self.folder / self.labels).mkdir(parents=True, exist_ok=True)
        if label is not None:
            self.put(f"{self.labels}/{name}.txt", label.encode())
        return self

    def put(self, path: str, content: bytes) -> DataFolder:
        """Any file."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        return self


@pytest.fixture
def flat(tmp_path: Path) -> DataFolder:
    """A folder with images/ and labels/."""
    return DataFolder(tmp_path / "kitti")


@pytest.fixture
def official(tmp_path: Path) -> DataFolder:
    """A folder in KITTI's own layout."""
    return DataFolder(tmp_path / "kitti", "training/image_2", "training/label_2")


@dataclass
class Server:
    """An archive server on the loopback: ``faults`` are taken one by one, one a request."""

    files: dict[str, bytes]
    ranged: bool = True
    faults: list[str] = field(default_factory=list)
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    sent_bytes: int = 0
    url: str = ""


class _Handler(BaseHTTPRequestHandler):
    """Answers GET with a file or the asked-for range of it."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Keep the test output clean."""

    def do_GET(self) -> None:
        """Send the range, or what the next fault makes of it."""
        server: Server = self.server.archive
        asked = self.headers.get("Range")
        server.requests.append((self.path, asked))
        fault = server.faults.pop(0) if server.faults else ""
        content = server.files.get(self.path.removeprefix("/"))
        if content is None or fault == "500":
            self.send_response(500 if fault else 404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        start, end = 0, len(content) - 1
        if asked and server.ranged:
            first, last = re.fullmatch(r"bytes=(\d*)-(\d*)", asked).groups()
            start = int(first) if first else max(len(content) - int(last), 0)
            end = min(int(last), end) if first and last else end
            self.send_response(206)
            told = "0-999999999999/1000000000000" if fault == "endless" else f"{start}-{end}/{len(content)}"
            self.send_header("Content-Range", f"bytes {told}")
        else:
            self.send_response(200)
        part = bytearray(content[start : end + 1])
        if fault == "corrupt":
            part[len(part) // 2] ^= 1
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        part = part[: len(part) // 2] if fault == "cut" else part
        server.sent_bytes += len(part)
        self.wfile.write(part)
        self.close_connection = fault == "cut"


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Server]]:
    """Start a server of some files (name to bytes); it is shut down after the test."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ExitStack() as stack:

        def start(files: dict[str, bytes], *, ranged: bool = True) -> Server:
            archive = Server(files, ranged)
            server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
            server.daemon_threads = True
            server.archive = archive
            archive.url = stack.enter_context(served(server))
            return archive

        yield start


def zip_bytes(members: dict[str, bytes]) -> bytes:
    """A ZIP archive of ``members``."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return sink.getvalue()


@pytest.fixture
def official_archives() -> dict[str, bytes]:
    """The three archives with five labelled images, test images that nobody wants, and a mapping that turns the order."""
    images = {f"training/image_2/{number:06d}.png": image_bytes(number) for number in range(5)}
    images |= {f"testing/image_2/{number:06d}.png": image_bytes(number + 50) for number in range(300)}
    labels = {f"training/label_2/{number:06d}.txt": kitti_line().encode() * number for number in range(5)}
    lines = "".join(f"2011_09_26 2011_09_26_drive_{number:04d}_sync {number + 7:010d}\n" for number in range(5))
    mapping = {
        "readme.txt": b"",
        "mapping/train_mapping.txt": lines.encode(),
        "mapping/train_rand.txt": b"5,4,3,2,1\n",
    }
    return {
        "data_object_image_2.zip": zip_bytes(images),
        "data_object_label_2.zip": zip_bytes(labels),
        "devkit_object.zip": zip_bytes(mapping),
    }
