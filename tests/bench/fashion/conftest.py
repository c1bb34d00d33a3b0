"""A loopback mirror with faults on demand, and a tiny data set of the same four files with its own manifest."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import re
import struct
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bench.fashion import manifest
from bench.fashion.dataset import TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@dataclass
class Mirror:
    """A server on the loopback: ``faults`` are taken one by one, one a request; ``ranges`` keeps each Range header."""

    files: dict[str, bytes]
    faults: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    ranges: list[str | None] = field(default_factory=list)
    url: str = ""


class _Handler(BaseHTTPRequestHandler):
    """Answers GET for the mirror of its server, with that mirror's next fault."""

    def log_message(self, *_: object) -> None:
        """Keep the test output clean."""

    def do_GET(self) -> None:
        """Send a file, the rest of it, or what the fault makes of it."""
        mirror: Mirror = self.server.mirror
        asked = self.headers.get("Range")
        mirror.paths.append(self.path)
        mirror.ranges.append(asked)
        fault = mirror.faults.pop(0) if mirror.faults else ""
        content = mirror.files.get(self.path.removeprefix("/"))
        if content is None or fault == "503":
            self.send_error(int(fault or "404"))
            return
        if fault == "corrupt":
            content = content[:-1] + bytes([content[-1] ^ 1])
        start = int(re.fullmatch(r"bytes=(\d+)-", asked)[1]) if asked and fault != "ignore-range" else 0
        self._send_head(content, start, fault)
        sent = {"cut": 0.75, "no-length": 0.75, "cut-at-once": 0.0}.get(fault, 1.0)
        with contextlib.suppress(ConnectionError):  # the client may hang up first
            self.wfile.write(content[start : start + int((len(content) - start) * sent)])

    def _send_head(self, content: bytes, start: int, fault: str) -> None:
        self.send_response(206 if start else 200)
        if start:
            told = start + 1 if fault == "other-range" else start
            self.send_header("Content-Range", f"bytes {told}-{len(content) - 1}/{len(content)}")
        if fault == "labelled":
            self.send_header("Content-Encoding", "gzip")
        if fault != "no-length":
            self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()


@pytest.fixture
def start_mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Mirror]]:
    """Start a mirror of some files (name to bytes) with a list of faults; it is shut down after the test."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    running: list[tuple[ThreadingHTTPServer, threading.Thread]] = []

    def start(files: dict[str, bytes], faults: list[str] | None = None) -> Mirror:
        mirror = Mirror(files, list(faults or []))
        server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        server.mirror = mirror
        mirror.url = f"http://127.0.0.1:{server.server_port}/"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        running.append((server, thread))
        return mirror

    yield start
    for server, thread in running:
        server.shutdown()
        server.server_close()
        thread.join()


def _packed(values: np.ndarray) -> bytes:
    header = struct.pack(f">{1 + values.ndim}I", 0x0800 | values.ndim, *values.shape)
    return gzip.compress(header + values.tobytes(), mtime=0)


@pytest.fixture
def tiny_files() -> dict[str, bytes]:
    """Five training and three test images: file name to gzipped IDX bytes, in manifest order."""
    generator = np.random.default_rng(0)
    return {
        TRAIN_IMAGES: _packed(generator.integers(0, 256, (5, 28, 28), dtype=np.uint8)),
        TRAIN_LABELS: _packed(np.array([9, 0, 0, 3, 1], dtype=np.uint8)),
        TEST_IMAGES: _packed(generator.integers(0, 256, (3, 28, 28), dtype=np.uint8)),
        TEST_LABELS: _packed(np.array([2, 2, 7], dtype=np.uint8)),
    }


@pytest.fixture
def use_tiny(tmp_path: Path, tiny_files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Call it with mirror addresses: from then on the manifest's full source is the tiny data set."""

    def use(*mirrors: str) -> None:
        lines = ["[full]", 'licence = "MIT"', 'holder = "nobody"', f"mirrors = {list(mirrors)!r}"]
        for name, content in tiny_files.items():
            sha256, md5 = hashlib.sha256(content).hexdigest(), hashlib.md5(content, usedforsecurity=False).hexdigest()
            lines += ["[[full.files]]", f'name = "{name}"', f"images = {5 if name.startswith('train') else 3}"]
            lines += [f"size_bytes = {len(content)}", f'sha256 = "{sha256}"', f'md5 = "{md5}"']
        path = tmp_path / "manifest.toml"
        path.write_text("\n".join(lines), encoding="utf-8")
        monkeypatch.setattr(manifest, "MANIFEST_PATH", path)

    return use


@pytest.fixture
def tiny_folder(tmp_path: Path, tiny_files: dict[str, bytes], use_tiny: Callable[..., None]) -> Path:
    """A user's data folder with the tiny files in ``fashion-mnist``; there is no mirror to fall back to."""
    use_tiny()
    folder = tmp_path / "mine" / "fashion-mnist"
    folder.mkdir(parents=True)
    for name, content in tiny_files.items():
        (folder / name).write_bytes(content)
    return folder
