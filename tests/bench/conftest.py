"""A loopback mirror with faults on demand, for every download."""

from __future__ import annotations

import contextlib
import re
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from tests.bench.serving import served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


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
    with ExitStack() as stack:

        def start(files: dict[str, bytes], faults: list[str] | None = None) -> Mirror:
            mirror = Mirror(files, list(faults or []))
            server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
            server.mirror = mirror
            mirror.url = stack.enter_context(served(server)) + "/"
            return mirror

        yield start
