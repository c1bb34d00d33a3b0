"""Downloads: mirrors in order, resume, retries, and nothing under its own name before its checksum is right."""

from __future__ import annotations

import contextlib
import hashlib
import socket
import threading
from itertools import count
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bench.datasets import download, http
from bench.datasets.download import PART_SUFFIX, RETRIES, download_files
from bench.datasets.fashion.manifest import FileFacts
from store.errors import DataError, IntegrityError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

NAME = "train-images-idx3-ubyte.gz"
CONTENT = np.random.default_rng(1).bytes(300_000)  # several chunks of 64 KiB
FACTS = FileFacts(NAME, 0, len(CONTENT), hashlib.sha256(CONTENT).hexdigest(), "")
AT_ONCE = RETRIES.new(total=2, backoff_factor=0)


def fetch(folder: Path, *mirrors: str, files: Sequence[FileFacts] = (FACTS,)) -> list[tuple[int, int]]:
    """Download without waiting between retries; returns what progress was told."""
    told: list[tuple[int, int]] = []
    download_files(files, mirrors, folder, lambda done, total: told.append((done, total)), retries=AT_ONCE)
    return told


def content_of(folder: Path) -> bytes:
    """The downloaded file's bytes; no partial file may lie beside it."""
    assert [path.name for path in folder.iterdir()] == [NAME]
    return (folder / NAME).read_bytes()


def test_a_file_arrives_whole_and_progress_ends_at_the_total(tmp_path: Path, start_mirror: Callable) -> None:
    """The plain case: one request, no Range header, the published bytes, growing progress."""
    mirror = start_mirror({NAME: CONTENT})
    told = fetch(tmp_path / "new" / "folder", mirror.url)
    assert content_of(tmp_path / "new" / "folder") == CONTENT
    assert mirror.ranges == [None]
    assert told == sorted(told)
    assert told[-1] == (len(CONTENT), len(CONTENT))


def test_progress_counts_over_all_files(tmp_path: Path, start_mirror: Callable) -> None:
    """The second file's progress starts where the first file ended."""
    small = b"labels"
    second = FileFacts("labels.gz", 0, len(small), hashlib.sha256(small).hexdigest(), "")
    mirror = start_mirror({NAME: CONTENT, "labels.gz": small})
    told = fetch(tmp_path, mirror.url, files=(FACTS, second))
    total = len(CONTENT) + len(small)
    assert told[-2:] == [(len(CONTENT), total), (total, total)]


def test_the_second_mirror_serves_what_the_first_lacks(tmp_path: Path, start_mirror: Callable) -> None:
    """A 404 is no reason to give up, and not retried either."""
    first, second = start_mirror({}), start_mirror({NAME: CONTENT})
    fetch(tmp_path, first.url, second.url)
    assert content_of(tmp_path) == CONTENT
    assert (len(first.paths), len(second.paths)) == (1, 1)


@pytest.mark.parametrize("fault", ["cut", "no-length"])
def test_a_cut_connection_is_resumed_with_a_range(tmp_path: Path, start_mirror: Callable, fault: str) -> None:
    """The second request asks only for what is lacking, with or without a length that tells of the cut."""
    mirror = start_mirror({NAME: CONTENT}, [fault])
    fetch(tmp_path, mirror.url)
    assert content_of(tmp_path) == CONTENT
    assert mirror.ranges[0] is None
    assert mirror.ranges[1] is not None
    assert 0 < int(mirror.ranges[1].removeprefix("bytes=").removesuffix("-")) < len(CONTENT)


def test_cuts_are_resumed_without_limit_while_bytes_arrive(tmp_path: Path, start_mirror: Callable) -> None:
    """Four cuts exceed the two retries, but each of them brought the file forward."""
    content = np.random.default_rng(2).bytes(3_000_000)
    facts = FileFacts(NAME, 0, len(content), hashlib.sha256(content).hexdigest(), "")
    mirror = start_mirror({NAME: content}, ["cut"] * 4)
    fetch(tmp_path, mirror.url, files=(facts,))
    assert content_of(tmp_path) == content
    assert len(mirror.ranges) == 5


def test_an_earlier_process_part_is_continued(tmp_path: Path, start_mirror: Callable) -> None:
    """What a killed download left is not fetched again."""
    (tmp_path / (NAME + PART_SUFFIX)).write_bytes(CONTENT[:100_000])
    mirror = start_mirror({NAME: CONTENT})
    fetch(tmp_path, mirror.url)
    assert content_of(tmp_path) == CONTENT
    assert mirror.ranges == ["bytes=100000-"]


def test_a_complete_part_needs_no_request(tmp_path: Path, start_mirror: Callable) -> None:
    """A process killed between the last byte and the rename leaves nothing to fetch."""
    (tmp_path / (NAME + PART_SUFFIX)).write_bytes(CONTENT)
    mirror = start_mirror({NAME: CONTENT})
    fetch(tmp_path, mirror.url)
    assert content_of(tmp_path) == CONTENT
    assert mirror.paths == []


@pytest.mark.parametrize("left", [b"not the file", b"x" * (len(CONTENT) + 1)], ids=["short", "too long"])
def test_a_wrong_part_is_dropped_and_fetched_afresh(tmp_path: Path, start_mirror: Callable, left: bytes) -> None:
    """Foreign bytes at the start must not cost the only mirror."""
    (tmp_path / (NAME + PART_SUFFIX)).write_bytes(left)
    mirror = start_mirror({NAME: CONTENT})
    fetch(tmp_path, mirror.url)
    assert content_of(tmp_path) == CONTENT
    assert mirror.ranges[-1] is None


def test_a_server_without_ranges_starts_over(tmp_path: Path, start_mirror: Callable) -> None:
    """An answer from byte 0 replaces the part instead of being added to it."""
    (tmp_path / (NAME + PART_SUFFIX)).write_bytes(CONTENT[:100_000])
    mirror = start_mirror({NAME: CONTENT}, ["ignore-range"])
    fetch(tmp_path, mirror.url)
    assert content_of(tmp_path) == CONTENT
    assert mirror.ranges == ["bytes=100000-"]


def test_another_range_than_asked_for_is_refused(tmp_path: Path, start_mirror: Callable) -> None:
    """A mirror that answers with the wrong part is passed over; the next one completes the file."""
    (tmp_path / (NAME + PART_SUFFIX)).write_bytes(CONTENT[:100_000])
    first, second = start_mirror({NAME: CONTENT}, ["other-range"]), start_mirror({NAME: CONTENT})
    fetch(tmp_path, first.url, second.url)
    assert content_of(tmp_path) == CONTENT
    assert second.ranges == ["bytes=100000-"]


def test_a_busy_server_is_asked_again(tmp_path: Path, start_mirror: Callable) -> None:
    """Two answers of 503 are followed by the file from the same mirror."""
    mirror = start_mirror({NAME: CONTENT}, ["503", "503"])
    fetch(tmp_path, mirror.url)
    assert content_of(tmp_path) == CONTENT
    assert len(mirror.paths) == 3


def test_corrupted_bytes_are_deleted_and_the_next_mirror_tried(tmp_path: Path, start_mirror: Callable) -> None:
    """Nothing of the bad file is kept: the second mirror is asked for all of it."""
    first, second = start_mirror({NAME: CONTENT}, ["corrupt"]), start_mirror({NAME: CONTENT})
    fetch(tmp_path, first.url, second.url)
    assert content_of(tmp_path) == CONTENT
    assert second.ranges == [None]


def test_a_file_labelled_as_encoded_is_kept_as_it_is(tmp_path: Path, start_mirror: Callable) -> None:
    """Servers that call a .gz file a gzip encoding must not make it unpacked on the way."""
    mirror = start_mirror({NAME: CONTENT}, ["labelled"])
    fetch(tmp_path, mirror.url)
    assert content_of(tmp_path) == CONTENT
    assert mirror.ranges == [None]


def test_a_body_without_end_is_not_read_to_its_end(tmp_path: Path, start_mirror: Callable) -> None:
    """A mirror that tells no length and sends ten times too much fills no disk: reading stops behind the file's size."""
    mirror = start_mirror({NAME: CONTENT * 14}, ["no-length"])
    told: list[int] = []
    with pytest.raises(IntegrityError, match=f"bytes, expected {len(CONTENT)}"):
        download_files([FACTS], [mirror.url], tmp_path, lambda done, _: told.append(done), retries=AT_ONCE)
    assert told[-1] == len(CONTENT)
    assert len(told) < 14 * len(CONTENT) // (1 << 16)
    assert list(tmp_path.iterdir()) == []


def test_wrong_bytes_everywhere_name_both_checksums(tmp_path: Path, start_mirror: Callable) -> None:
    """No mirror with the right bytes: exit code 3, found and expected checksum, nothing left behind."""
    mirror = start_mirror({NAME: CONTENT}, ["corrupt"])
    bad = hashlib.sha256(CONTENT[:-1] + bytes([CONTENT[-1] ^ 1])).hexdigest()
    with pytest.raises(IntegrityError) as caught:
        fetch(tmp_path, mirror.url)
    assert caught.value.exit_code == 3
    for part in (NAME, mirror.url, bad, FACTS.sha256):
        assert part in caught.value.what
    assert list(tmp_path.iterdir()) == []


def test_a_page_instead_of_the_file_is_refused_unread(tmp_path: Path, start_mirror: Callable) -> None:
    """A login page of another length costs nothing of what was already fetched."""
    part = tmp_path / (NAME + PART_SUFFIX)
    part.write_bytes(CONTENT[:100_000])
    page = b"<html>please log in</html>"
    mirror = start_mirror({NAME: page}, ["ignore-range", "ignore-range"])
    with pytest.raises(IntegrityError, match=f"has {len(page)} bytes, expected {len(CONTENT)}"):
        fetch(tmp_path, mirror.url)
    assert part.read_bytes() == CONTENT[:100_000]


def test_all_mirrors_failing_lists_each_with_its_reason(tmp_path: Path, start_mirror: Callable) -> None:
    """The message names the file, every mirror, why each failed, and both ways out; what arrived is kept."""
    first, second = start_mirror({}), start_mirror({NAME: CONTENT}, ["cut"] + ["cut-at-once"] * 3)
    with pytest.raises(DataError) as caught:
        fetch(tmp_path, first.url, second.url)
    assert f"{first.url} gives no file: 404" in caught.value.what
    assert f"{second.url} was cut at " in caught.value.what
    assert "--data DIR" in caught.value.cure
    assert (tmp_path / (NAME + PART_SUFFIX)).stat().st_size > 0


def test_an_unreachable_host_is_a_data_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused connection (nothing listens on port 1) is a failure with a cure, no exception of the HTTP library."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(DataError, match="gives no file"):
        fetch(tmp_path, "http://127.0.0.1:1/")


def test_an_unwritable_folder_is_a_store_error(tmp_path: Path, start_mirror: Callable) -> None:
    """A cache path that is no folder is named together with the variable that moves it."""
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    mirror = start_mirror({NAME: CONTENT})
    with pytest.raises(StoreError, match="BENCH_CACHE_DIR"):
        fetch(blocked, mirror.url)


def serving(handler: Callable[[socket.socket, int], None]) -> Iterator[str]:
    """A server on the loopback that hands each connection to ``handler`` with its number from 1; gives its address."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for number in count(1):
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                if b"\r\n\r\n" in connection.recv(1 << 16):
                    handler(connection, number)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def alternating(connection: socket.socket, number: int) -> None:
    """Start over each time, and cut early, now here and now there."""
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(CONTENT)}\r\nConnection: close\r\n\r\n".encode()
    connection.sendall(head + CONTENT[: 1000 if number % 2 else 500])


def one_byte(connection: socket.socket, _: int) -> None:
    """Give one byte a request."""
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(CONTENT)}\r\nConnection: close\r\n\r\n".encode()
    connection.sendall(head + CONTENT[:1])


def interim_for_ever(connection: socket.socket, _: int) -> None:
    """Promise an answer without end."""
    while True:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)


def refusal_without_end(connection: socket.socket, _: int) -> None:
    """Say no, and go on saying it."""
    connection.sendall(b"HTTP/1.1 503 No\r\n\r\n")
    while True:
        connection.sendall(b"x" * 65536)


def redirect_without_end(connection: socket.socket, _: int) -> None:
    """Point to nowhere, with a body that does not end."""
    connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n")
    while True:
        connection.sendall(b"x" * 65536)


def trickle(connection: socket.socket, _: int) -> None:
    """Send a byte now and then."""
    connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(CONTENT)}\r\n\r\n".encode())
    while True:
        connection.sendall(b"x")
        threading.Event().wait(0.02)


def slow_head(connection: socket.socket, _: int) -> None:
    """Send a line of the answer's head now and then."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-More: y\r\n")
        threading.Event().wait(0.02)


@pytest.mark.parametrize(
    ("handler", "said"),
    [
        (alternating, r"was cut at (500|1000) of 300000 bytes"),
        (one_byte, "was cut at 1 of 300000 bytes"),
        (interim_for_ever, "gives no file"),
        (refusal_without_end, "gives no file"),
        (redirect_without_end, "gives no file"),
        (trickle, "sends less than 4096 bytes"),
        (slow_head, "gives no answer in time"),
    ],
)
def test_a_server_that_leads_nowhere_is_left(
    tmp_path: Path, start_mirror: Callable, monkeypatch: pytest.MonkeyPatch, handler: Callable, said: str
) -> None:
    """After a few attempts, or where its answer or its bytes hardly come; the next mirror gives the file."""
    monkeypatch.setattr(http, "_ANSWER_S", 0.3)
    monkeypatch.setattr(http, "_WINDOW_S", 0.3)
    server = serving(handler)
    address = next(server)
    with pytest.raises(DataError, match=said):
        fetch(tmp_path / "alone", address)
    fetch(tmp_path / "both", address, start_mirror({NAME: CONTENT}).url)
    assert content_of(tmp_path / "both") == CONTENT
    next(server, None)


@pytest.mark.parametrize("target", ["http://[", "http://.127.0.0.1/", f"http://{'a' * 70}.invalid/", "file:///etc/passwd"])
def test_a_malformed_redirect_tries_the_next_mirror(tmp_path: Path, start_mirror: Callable, target: str) -> None:
    """Whatever library stumbles over the address."""

    def redirect(connection: socket.socket, _: int) -> None:
        connection.sendall(f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode())

    server = serving(redirect)
    fetch(tmp_path, next(server), start_mirror({NAME: CONTENT}).url)
    assert content_of(tmp_path) == CONTENT
    next(server, None)


def test_a_file_has_a_deadline(tmp_path: Path, start_mirror: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    """What came until then is kept for the next call."""
    monkeypatch.setattr(download, "_PATIENCE_S", -60.0)
    with pytest.raises(DataError, match=r"is too slow: \d+ of 300000 bytes so far, which are kept"):
        fetch(tmp_path, start_mirror({NAME: CONTENT}).url)
    monkeypatch.undo()
    assert 0 < (tmp_path / f"{NAME}{PART_SUFFIX}").stat().st_size < len(CONTENT)


def test_certificates_that_are_not_there_are_no_fault_of_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says what is missing, not that the folder cannot be written."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no-such-bundle")  # the reason is cut where a long path would begin to hide it
    with pytest.raises(DataError, match=r"gives no file: .*no-such-bundle"):
        fetch(tmp_path / "files", "https://127.0.0.1:9/")
