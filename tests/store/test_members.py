"""Archives that tar allows and this program does not: each is refused at once, in bounded memory, and leaves nothing."""

from __future__ import annotations

import errno
import io
import os
import tarfile
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from store import unpacking
from store.archive import export_run, import_run
from store.errors import IntegrityError, UsageError
from store.members import BLOCK, Member, members
from tests.store.test_archive import content, write_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

END = b"\0" * 2 * BLOCK


def head_of(archive: Path) -> bytes:
    """The checksums of a sound archive, as the member that they are."""
    with tarfile.open(archive) as source:
        member = source.next()
        assert member is not None
        stream = source.extractfile(member)
        assert stream is not None
        return plain("checksums.json", stream.read())


def plain(name: str, data: bytes = b"") -> bytes:
    """A member that is a plain file."""
    info = tarfile.TarInfo(name)
    info.size = len(data)
    return info.tobuf(tarfile.PAX_FORMAT) + data + b"\0" * (-len(data) % BLOCK)


def special(kind: bytes, name: str = "records/a/b/once/c/d", size: int = 0, data: bytes = b"") -> bytes:
    """A member of another kind, or one that claims a size."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, "checksums.json" if kind in b"12" else "", size
    return info.tobuf(tarfile.GNU_FORMAT) + data + b"\0" * (-len(data) % BLOCK)


def patched(header: bytes, **fields: bytes) -> bytes:
    """A header with other bytes in some places, and the checksum that they give."""
    places = {"size": 124, "kind": 156, "sparse": 386, "real": 483}
    block = bytearray(header)
    for name, value in fields.items():
        block[places[name] : places[name] + len(value)] = value
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block[:BLOCK])
    return bytes(block)


def extended(*records: bytes) -> bytes:
    """An extended header that holds these records."""
    body = b"".join(records)
    return special(b"x", "././@PaxHeader", len(body), body)


def record(key: bytes, value: bytes) -> bytes:
    """A record of an extended header with its length in front."""
    rest = b" " + key + b"=" + value + b"\n"
    length = len(rest)
    while len(b"%d" % length) + len(rest) != length:
        length = len(b"%d" % length) + len(rest)
    return b"%d" % length + rest


SPARSE = patched(
    special(b"S"), size=b"\x80" + bytes(11), sparse=b"\x80" + bytes(23), real=b"\x80" + (1 << 40).to_bytes(11, "big")
)
HOSTILE: dict[str, bytes] = {
    "sparse member of a terabyte": SPARSE,
    "symbolic link": special(b"2"),
    "hard link": special(b"1"),
    "device": special(b"3"),
    "pipe": special(b"6"),
    "folder": special(b"5"),
    "unknown kind": special(b"Z"),
    "member that claims a terabyte": special(b"0", size=1 << 32, data=b"x"),
    "negative size": patched(special(b"0"), size=b"\xff" * 12),
    "size that is no number": patched(special(b"0"), size=b"12x"),
    "global header": special(b"g", size=10, data=b"10 a=bcde\n"),
    "long name of GNU": special(b"L", "././@LongLink", 512, b"a" * 512),
    "sparse map in an extended header": extended(record(b"GNU.sparse.map", b"x,y")) + plain("records/a"),
    "sparse size in an extended header": extended(record(b"GNU.sparse.size", b"1")) + plain("records/a"),
    "size in an extended header": extended(record(b"size", b"1e999")) + plain("records/a"),
    "path and more in an extended header": extended(record(b"path", b"a"), record(b"mtime", b"inf")) + plain("records/a"),
    "path with NUL": extended(record(b"path", b"records/a\0b")) + plain("records/a"),
    "path that is no UTF-8": extended(record(b"path", b"records/\xff")) + plain("records/a"),
    "length that lies": extended(b"99 path=x\n") + plain("records/a"),
    "two extended headers": extended(record(b"path", b"a")) * 2 + plain("records/a"),
    "3,000 extended headers": extended(record(b"comment", b"x")) * 3000 + plain("records/a"),
    "extended header without a file": extended(record(b"path", b"records/a")),
    "extended header of a megabyte": special(b"x", "p", 1 << 20, b"1" * (1 << 20)) + plain("records/a"),
    "checksum that lies": b"records/x" + special(b"0")[9:],
    "name of another encoding": special(b"0", "records/\udcff"),
    "a member twice": b"",
}


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A sound archive."""
    write_store(tmp_path / "a")
    export_run(tmp_path / "a", None, tmp_path / "run.tar")
    return tmp_path / "run.tar"


@pytest.mark.parametrize("name", HOSTILE)
def test_what_export_does_not_write_is_refused(name: str, good: Path, tmp_path: Path) -> None:
    """In front of the files, after them, and where nothing else is."""
    sound = good.read_bytes()
    head, rest = head_of(good), sound[len(head_of(good)) :].rstrip(b"\0")
    rest += b"\0" * (-len(head + rest) % BLOCK)
    bad = HOSTILE[name] or rest
    for data in (head + bad + rest + END, head + rest + bad + END, head + bad + END):
        (tmp_path / "bad.tar").write_bytes(data)
        if data == head + rest + END:
            continue
        with pytest.raises(IntegrityError, match=r"bad\.tar"):
            import_run(tmp_path / "b", tmp_path / "bad.tar")
    assert content(tmp_path / "b") == {}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_beginning_is_no_archive_of_a_run(name: str, tmp_path: Path) -> None:
    """The head itself comes through the same door."""
    (tmp_path / "bad.tar").write_bytes(HOSTILE[name] + END)
    with pytest.raises((IntegrityError, UsageError), match=r"bad\.tar"):
        import_run(tmp_path / "b", tmp_path / "bad.tar")


@pytest.mark.parametrize("behind", [plain("hidden", b"x"), b"#!/bin/sh\n", bytes(10_240), bytes(512) + b"\1"])
def test_nothing_hides_behind_the_end(behind: bytes, good: Path, tmp_path: Path) -> None:
    """A member that other readers find, any bytes, zeros without end; nor beside the last bytes of a file."""
    sound = good.read_bytes()
    (tmp_path / "more.tar").write_bytes(sound.rstrip(b"\0") + bytes(-len(sound.rstrip(b"\0")) % BLOCK) + END + behind)
    with pytest.raises(IntegrityError, match="something beside its files"):
        import_run(tmp_path / "b", tmp_path / "more.tar")
    with pytest.raises(ValueError, match="something beside its files"):
        listed(tmp_path, plain("a", b"x")[:-1], b"y", END)
    assert content(tmp_path / "b") == {}


@pytest.mark.parametrize("cut", [0, 1, 511, 512, 600, 1024, 4096])
def test_an_archive_that_is_cut_short_is_refused(cut: int, good: Path, tmp_path: Path) -> None:
    """Wherever it ends."""
    (tmp_path / "cut.tar").write_bytes(good.read_bytes()[:cut])
    with pytest.raises((IntegrityError, UsageError), match=r"cut\.tar"):
        import_run(tmp_path / "b", tmp_path / "cut.tar")
    assert content(tmp_path / "b") == {}


def test_a_path_too_long_for_a_header_comes_through(tmp_path: Path) -> None:
    """In the extended header that Python's writer puts before it."""
    with tarfile.open(tmp_path / "long.tar", "w", format=tarfile.PAX_FORMAT) as archive:
        for name in ("records/" + "a" * 200, "short"):
            info = tarfile.TarInfo(name)
            info.size = 3
            archive.addfile(info, io.BytesIO(b"abc"))
    with (tmp_path / "long.tar").open("rb") as stream:
        found = [(member.name, member.size) for member in members(stream)]
    assert found == [("records/" + "a" * 200, 3), ("short", 3)]


@pytest.mark.parametrize("make", [lambda path: path.mkdir(), lambda path: path.symlink_to("/dev/zero"), lambda _path: None])
def test_what_is_no_file_is_a_mistake_of_the_user(make: Callable[[Path], None], tmp_path: Path) -> None:
    """A folder, a device without end, nothing at all."""
    make(tmp_path / "x.tar")
    with pytest.raises(UsageError, match="cannot be read"):
        import_run(tmp_path / "b", tmp_path / "x.tar")


def test_an_archive_that_cannot_be_read_is_not_called_the_stores_fault(
    good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fails while it is read: what is to be copied again is the archive."""

    def fails(_: object) -> Iterator[Member]:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(unpacking, "members", fails)
    with pytest.raises(IntegrityError, match=r"cannot be read to its end: Input/output error\n.*where: .*run\.tar"):
        import_run(tmp_path / "b", good)


def test_memory_is_bounded(tmp_path: Path) -> None:
    """Files of 30 MB each go in and out piece by piece."""
    write_store(tmp_path / "a", copies=10_000_000)
    tracemalloc.start()
    try:
        export_run(tmp_path / "a", None, tmp_path / "run.tar")
        import_run(tmp_path / "b", tmp_path / "run.tar")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert content(tmp_path / "b") == content(tmp_path / "a")
    assert peak < 8 << 20


def test_a_manifest_without_end_is_not_read(good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is looked at before anything is written has to be as small as a manifest is; so has the list of checksums."""
    with tarfile.open(good) as source:
        sizes = {member.name: member.size for member in source}
    largest = max(size for name, size in sizes.items() if name.endswith(".json"))
    monkeypatch.setattr(unpacking, "DOCUMENT_BYTES", largest)
    assert import_run(tmp_path / "b", good).added == 2
    monkeypatch.setattr(unpacking, "DOCUMENT_BYTES", largest - 1)
    with pytest.raises((IntegrityError, UsageError), match=r"which no manifest has|no archive of a run"):
        import_run(tmp_path / "c", good)
    monkeypatch.setattr(unpacking, "_CHUNK", 7)  # whatever the size of a piece
    monkeypatch.setattr(unpacking, "DOCUMENT_BYTES", 1 << 20)
    assert import_run(tmp_path / "d", good).added == 2
    assert content(tmp_path / "d") == content(tmp_path / "b")


def listed(tmp_path: Path, *parts: bytes) -> list[tuple[str, int, int]]:
    """What the reader finds in a file of these parts."""
    (tmp_path / "some.tar").write_bytes(b"".join(parts))
    with (tmp_path / "some.tar").open("rb") as stream:
        return [(member.name, member.offset, member.size) for member in members(stream)]


def test_each_member_has_its_path_place_and_size(tmp_path: Path) -> None:
    """Sizes round up to whole blocks; a path beyond 100 letters lies in two fields, one beyond those in a header before."""
    long, longer = "a" * 60 + "/" + "b" * 90, "c" * 300
    heads = []
    for name, kind in ((long, tarfile.USTAR_FORMAT), (longer, tarfile.PAX_FORMAT)):
        info = tarfile.TarInfo(name)
        info.size = 1
        heads.append(info.tobuf(kind))
    path = heads[1]
    found = listed(
        tmp_path, plain("a", b"x" * 512), heads[0], b"y".ljust(BLOCK, b"\0"), path, b"z".ljust(BLOCK, b"\0"), plain("e"), END
    )
    assert found == [
        ("a", BLOCK, 512),
        (long, 3 * BLOCK, 1),
        (longer, 4 * BLOCK + len(path), 1),
        ("e", 4 * BLOCK + len(path) + 2 * BLOCK, 0),
    ]


def test_a_member_may_end_where_the_archive_does_and_no_later(tmp_path: Path) -> None:
    """A size beyond the bytes that follow its own header is refused, and the archive without an end is cut short."""
    first = plain("a", b"x" * BLOCK)
    with pytest.raises(ValueError, match="cut short"):
        listed(tmp_path, first)
    lying = patched(plain("b", b"y" * BLOCK)[:BLOCK], size=b"%011o\0" % (BLOCK + 1))
    with pytest.raises(ValueError, match="'b' claims 513 bytes, and the archive ends before them"):
        listed(tmp_path, first, lying, b"y" * BLOCK)
    exact = plain("b", b"y" * BLOCK)
    with pytest.raises(ValueError, match="cut short"):  # all of it is there, and no end after it
        listed(tmp_path, first, exact)


@pytest.mark.parametrize("field", [b"\x80" + b"\0" * 10 + b"\x01", b"7 7" + b"\0" * 9, b"8" * 11 + b"\0", b"\0" * 12])
def test_a_size_that_is_no_octal_number_is_refused(tmp_path: Path, field: bytes) -> None:
    """Nor one in the binary form, with which tar writes what is too large for the field."""
    with pytest.raises(ValueError, match="holds a size that is no number"):
        listed(tmp_path, patched(plain("a")[:BLOCK], size=field), END)


def test_a_path_header_is_as_large_as_a_path(tmp_path: Path) -> None:
    """One of just the bytes that are read is read; one more is no path any more, and neither are two in a row."""

    def header(size: int) -> bytes:
        text = b"1011 path=" + b"p" * 1000 + b"\n"
        return special(b"x", size=size, data=(text + b"\0" * size)[:size])

    with pytest.raises(ValueError, match="more than a path"):
        listed(tmp_path, header(4096), plain("a"), END)
    with pytest.raises(ValueError, match="no plain file"):
        listed(tmp_path, header(4097), plain("a"), END)
    assert listed(tmp_path, header(1011), plain("a"), END)[0][0] == "p" * 1000
    with pytest.raises(ValueError, match="no plain file"):
        listed(tmp_path, header(1011), header(1011), plain("a"), END)
    with pytest.raises(ValueError, match="ends after the path of a file that is not there"):
        listed(tmp_path, header(1011), END)
