"""Shows the artifacts folder to browsers of this machine alone, and builds the report again when a run's records change.

Whatever lies there may come from anybody: only the report's own pages may run their scripts; all else is shown as a document
without rights, nothing outside of the folder is reached by a link in it, and a page of another site cannot ask under its own
name.
"""

from __future__ import annotations

import stat
import sys
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from report.build import build
from report.evidence.contradictions import held_to_the_contract
from store.errors import StudyError, UsageError
from store.reports import FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable

    from report.build import Options

LOOPBACK = "127.0.0.1"
_NAMES = {LOOPBACK, "localhost"}
_EVERY_S = 1.0
_LEAVES = ("runs/latest", "runs/*/run.json", "runs/*/certificate*.json", "perf/benchmark.json")


def serve(artifacts: Path, options: Options, port: int, tell: Callable[[str], object], ended: Event | None = None) -> None:
    """Serve on ``port`` (0: any that is free) until ``ended``; what happens is told line by line.

    A run that cannot be shown is told, too, and waited for: it may be under way. Raises UsageError where the port is taken.
    """
    ended = ended or Event()
    front = [f"{FOLDER}/report.html"]
    server = _server(artifacts, port, front)
    Thread(target=server.serve_forever, daemon=True).start()
    tell(f"http://{LOOPBACK}:{server.server_port}/ shows {artifacts}; Ctrl-C ends it")
    try:
        shown: tuple[object, ...] | None = None
        while not ended.is_set():
            now = _state(artifacts)
            if now != shown:
                shown = now
                _build(artifacts, options, front, tell)
            ended.wait(_EVERY_S)
    finally:
        server.shutdown()
        server.server_close()


def _build(artifacts: Path, options: Options, front: list[str], tell: Callable[[str], object]) -> None:
    try:
        with held_to_the_contract(artifacts):
            result = build(artifacts, options)
    except StudyError as error:
        tell(f"no report: {error}")
        return
    pages = [path for path in result.outputs if path.suffix == ".html"]
    if pages:
        front[:] = [pages[0].relative_to(artifacts).as_posix()]
    tell(f"{'built' if result.rebuilt else 'up to date'}: run {result.run_id}")


def _state(artifacts: Path) -> tuple[object, ...]:
    """What changes whenever a run does: a manifest names the digest of every record of its run."""
    return tuple(_look(path) for pattern in _LEAVES for path in sorted(artifacts.glob(pattern)))


def _look(path: Path) -> tuple[object, ...]:
    try:
        found = path.stat()
    except OSError:
        return (path, None)
    return (path, found.st_ino, found.st_size, found.st_mtime_ns)


class _Server(ThreadingHTTPServer):
    """Says nothing of a browser that goes away in the midst of a page, which each does."""

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401  # the library's own
        """Show what is wrong with the program alone."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _server(artifacts: Path, port: int, front: list[str]) -> ThreadingHTTPServer:
    try:
        return _Server((LOOPBACK, port), partial(_Handler, artifacts, front))
    except OSError as error:
        message = f"port {port} cannot be used: {error.strerror or error}"
        raise UsageError(message, where="--port", cure="name another one, or 0 for any that is free") from error


class _Handler(SimpleHTTPRequestHandler):
    """Answers GET and HEAD from below the folder ``root``."""

    def __init__(self, root: Path, front: list[str], *arguments: Any, **options: Any) -> None:  # noqa: ANN401  # the library's own
        self.root, self.front = root.resolve(), front
        super().__init__(*arguments, directory=str(self.root), **options)

    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""

    def send_head(self) -> Any:  # noqa: ANN401  # the library's own
        """Refuse what is not asked for by a name of this machine, or lies elsewhere; lead to the report from the top."""
        named = {host.partition(":")[0].lower() for host in self.headers.get_all("Host", [""])}
        if not named <= _NAMES:
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST)
            return None
        path = self.path.partition("?")[0].partition("#")[0]
        if path in {"", "/"}:
            self.send_response(HTTPStatus.FOUND)
            self.send_header("Location", f"/{quote(self.front[0])}")
            self.end_headers()
            return None
        target = self._target()
        if target is None or not target.is_relative_to(self.root) or not path.startswith("/"):
            self.send_error(HTTPStatus.NOT_FOUND)
            return None
        if path.endswith("/") and target.is_dir():
            return self.list_directory(str(target))  # not its index.html, which may be a link to anywhere
        return super().send_head()

    def end_headers(self) -> None:
        """Rights for the report's pages alone, and nothing kept by the browser: it may be built again at any time."""
        target = self._target()
        if target is None or not target.is_relative_to(self.root / FOLDER):
            self.send_header("Content-Security-Policy", _NO_RIGHTS)
        for name, value in _HEADERS:
            self.send_header(name, value)
        super().end_headers()

    def _target(self) -> Path | None:
        """The file or folder that is asked for, as it lies on the disk; None where there is none, or nothing was understood.

        Links that lead to each other are none, nor is a pipe, which would be waited for without end.
        """
        try:
            found = Path(self.translate_path(self.path)).resolve()
            mode = found.stat().st_mode
        except (AttributeError, OSError, RuntimeError, ValueError):
            return None
        return found if stat.S_ISREG(mode) or stat.S_ISDIR(mode) else None


_NO_RIGHTS = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self'"
_HEADERS: tuple[tuple[str, str], ...] = (
    ("Cache-Control", "no-store"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("X-Content-Type-Options", "nosniff"),
)
