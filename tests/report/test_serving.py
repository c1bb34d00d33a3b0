"""The artifacts on loopback: the report with its rights, everything else without any, and built again when a run changes."""

from __future__ import annotations

import http.client
import os
import socket
import struct
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from report import serving
from report.build import Options
from report.cli import main
from store.errors import StudyError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Served:
    """A server under test, what it has told, and its requests."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Prepare a folder and a build that writes one line; it fails as long as ``problem`` says something."""
        self.root, self.said, self.built, self.problem = root, [], 0, ""  # type: ignore[var-annotated]
        self.ended, self.ready = threading.Event(), threading.Condition()
        monkeypatch.setattr(serving, "build", self._build)
        monkeypatch.setattr(serving, "_EVERY_S", 0.01)

    def _build(self, artifacts: Path, _options: Options) -> SimpleNamespace:
        if self.problem:
            raise StudyError(self.problem, where="runs", cure="run the study")
        self.built += 1
        page = artifacts / "report" / "report.html"
        page.parent.mkdir(exist_ok=True)
        page.write_text(f"<p>{self.built}</p>")
        return SimpleNamespace(outputs=(page,), rebuilt=True, run_id=f"run-{self.built}")

    def tell(self, line: str) -> None:
        """Keep the line."""
        with self.ready:
            self.said.append(line)
            self.ready.notify_all()

    def told(self, words: str) -> str:
        """The first line with these words, waited for."""
        with self.ready:
            assert self.ready.wait_for(lambda: any(words in line for line in self.said), timeout=30), self.said
            return next(line for line in self.said if words in line)

    def port(self) -> int:
        """Where it listens."""
        return int(self.told("http://").split("/ ")[0].rsplit(":", 1)[1])

    def ask(self, path: str, host: str = "localhost", method: str = "GET") -> http.client.HTTPResponse:
        """One request; the answer's body is read."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port(), timeout=30)
        connection.putrequest(method, path, skip_host=True)
        connection.putheader("Host", host)
        connection.endheaders()
        answer = connection.getresponse()
        answer.content = answer.read()  # type: ignore[attr-defined]
        connection.close()
        return answer


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A server on a free port."""
    root = tmp_path / "artifacts"
    (root / "runs").mkdir(parents=True)
    (root / "runs" / "latest").write_text("one")
    (root / "records").mkdir()
    (root / "records" / "page.html").write_text("<script>alert(1)</script>")
    (tmp_path / "secret").write_text("secret")
    (root / "records" / "way-out").symlink_to(tmp_path / "secret")
    (root / "records" / "folder").mkdir()
    (root / "records" / "folder" / "index.html").symlink_to(tmp_path / "secret")
    (root / "records" / "round").symlink_to("round")
    os.mkfifo(root / "records" / "pipe")
    one = Served(root, monkeypatch)
    thread = threading.Thread(target=serving.serve, args=(root, Options(), 0, one.tell, one.ended))
    thread.start()
    yield one
    one.ended.set()
    thread.join(timeout=30)
    assert not thread.is_alive()


def test_the_top_leads_to_the_report(served: Served) -> None:
    """The report's page keeps its own rights, and no browser keeps the page."""
    served.told("built: run run-1")
    answer = served.ask("/")
    assert (answer.status, answer.headers["Location"]) == (302, "/report/report.html")
    page = served.ask("/report/report.html")
    assert (page.status, page.content) == (200, b"<p>1</p>")  # type: ignore[attr-defined]
    assert page.headers["Cache-Control"] == "no-store"
    assert "Content-Security-Policy" not in page.headers


@pytest.mark.parametrize(
    "path",
    [
        "/records/page.html",
        "/report/../records/page.html",
        "/report/..%2Frecords/page.html",
        "/report%2F%2E%2E/records/page.html",
    ],
)
def test_a_page_that_is_no_report_runs_nothing(served: Served, path: str) -> None:
    """A record's file may be anybody's, by whatever way it is asked for."""
    served.told("built")
    answer = served.ask(path)
    assert answer.status == 200
    assert answer.headers["Content-Security-Policy"].startswith("sandbox;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/records/way-out",
        "/records/folder/index.html",
        "/records/round",
        "/records/pipe",
        "/../secret",
        "/%2e%2e/secret",
        "/..%2Fsecret",
        "/records/%00",
        "/nothing",
        "http://localhost/report/report.html",
        "x://[/../..",
    ],
)
def test_nothing_else_is_given(served: Served, path: str) -> None:
    """Neither by links, nor by names that climb, nor by names that no file can have; a pipe is not waited for."""
    served.told("built")
    answer = served.ask(path)
    assert answer.status == 404
    assert b"secret" not in answer.content.replace(path.encode(), b"")  # type: ignore[attr-defined]


def test_a_folder_is_listed_and_its_index_not_opened(served: Served) -> None:
    """A link of that name would lead out of the artifacts."""
    served.told("built")
    answer = served.ask("/records/folder/")
    assert answer.status == 200
    assert answer.content.count(b"index.html") == 2  # type: ignore[attr-defined]
    assert b"secret" not in answer.content  # type: ignore[attr-defined]
    assert answer.headers["Content-Security-Policy"].startswith("sandbox;")


def test_a_browser_that_goes_away_is_no_error(served: Served, capfd: pytest.CaptureFixture[str]) -> None:
    """It does so whenever its reader goes on to another page; the next one is answered."""
    served.told("built")
    with (served.root / "records" / "large").open("wb") as large:
        large.truncate(50_000_000)
    before = threading.active_count()
    with socket.create_connection(("127.0.0.1", served.port())) as gone:
        gone.sendall(b"GET /records/large HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert gone.recv(10)
        gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # closes with a reset
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(timeout=30)
    assert threading.active_count() <= before
    assert served.ask("/report/report.html").status == 200
    assert capfd.readouterr().err == ""


def test_two_names_of_the_host_are_one_too_many(served: Served) -> None:
    """Whoever stands between browser and server may have meant the other one."""
    served.told("built")
    connection = http.client.HTTPConnection("127.0.0.1", served.port(), timeout=30)
    connection.putrequest("GET", "/report/report.html", skip_host=True)
    for host in ("localhost", "evil.example"):
        connection.putheader("Host", host)
    connection.endheaders()
    assert connection.getresponse().status == 421
    connection.close()


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "[::", "localhost@evil.example"]
)
def test_another_sites_name_is_refused(served: Served, host: str) -> None:
    """A page elsewhere whose name was made to mean this machine reads nothing."""
    served.told("built")
    assert served.ask("/report/report.html", host).status == 421


def test_nothing_is_taken(served: Served) -> None:
    """There is nothing to send here."""
    assert served.ask("/report/report.html", method="POST").status == 501


def test_a_change_of_the_runs_builds_again(served: Served) -> None:
    """A manifest names every record, so that it changes with them."""
    served.told("run-1")
    (served.root / "runs" / "latest").write_text("another")
    served.told("run-2")
    assert served.ask("/report/report.html").content == b"<p>2</p>"  # type: ignore[attr-defined]


def test_a_run_that_cannot_be_shown_is_waited_for(served: Served) -> None:
    """What is wrong is told, and the next change tried."""
    served.told("run-1")
    served.problem = "no run is complete"
    (served.root / "runs" / "latest").write_text("a third one")
    served.told("no report: no run is complete")
    served.problem = ""
    (served.root / "runs" / "latest").write_text("the fourth one")
    served.told("run-2")


def test_a_run_that_breaks_the_contract_is_told_and_waited_for(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be an archive of anybody's: the server outlives it as it does a run under way."""
    served.told("run-1")
    builds = serving.build

    def broken(*_: object) -> None:
        raise KeyError("epoch")

    monkeypatch.setattr(serving, "build", broken)
    (served.root / "runs" / "latest").write_text("a strange one")
    assert "epoch" in served.told("do not hold what the report reads")
    monkeypatch.setattr(serving, "build", builds)
    (served.root / "runs" / "latest").write_text("a good one again")
    served.told("run-2")


def test_a_port_that_is_taken_is_wrong_usage(tmp_path: Path) -> None:
    """Said at once, with the cure."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UsageError, match="cannot be used"):
            serving.serve(tmp_path, Options(), taken.getsockname()[1], print)


@pytest.mark.parametrize("port", ["-1", "65536", "x", "1.5", "", "9" * 5000, "\u0663"])
def test_what_is_no_port_is_wrong_usage(port: str) -> None:
    """Before anything is opened."""
    with pytest.raises(SystemExit) as ended:
        main(["serve", "--port", port])
    assert ended.value.code == 2
