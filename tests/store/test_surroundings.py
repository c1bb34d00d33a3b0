"""Names and dates from outside: what can be nothing is refused before anything looks there."""

from __future__ import annotations

import os
import socket
from argparse import ArgumentTypeError
from pathlib import Path

import pytest

from store.errors import UsageError
from store.surroundings import check_date, file, place, place_in, target, word

TOO_LONG = "a" * 300  # a name may have 255 bytes
TOO_DEEP = "/tmp" + "/deep" * 1000  # noqa: S108 - nothing is written there: a path may have 4,096 bytes


def test_a_name_is_a_place_whether_something_lies_there_or_not(tmp_path: Path) -> None:
    """Folders are made later; what lies there is looked at by who reads it."""
    there, elsewhere = tmp_path / "there", tmp_path / "file" / "below"
    there.mkdir()
    (tmp_path / "file").write_text("")
    assert [place(str(path)) for path in (there, tmp_path / "not yet", elsewhere)] == [there, tmp_path / "not yet", elsewhere]


@pytest.mark.parametrize("name", ["", TOO_LONG, TOO_DEEP, f"{TOO_LONG}/file"])
def test_a_name_that_no_file_system_takes_is_refused(name: str) -> None:
    """Shortly, however long the name is."""
    for kind in (place, file):
        with pytest.raises(ArgumentTypeError) as caught:
            kind(name)
        assert len(str(caught.value)) < 200


def test_a_link_to_itself_is_refused(tmp_path: Path) -> None:
    """It leads nowhere, and what follows it would end in an error of its own."""
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(ArgumentTypeError, match="can be no folder and no file"):
        place(str(tmp_path / "loop"))


def test_a_file_has_to_be_one(tmp_path: Path) -> None:
    """A folder is none, nor is what is not there."""
    (tmp_path / "weights.pt").write_text("")
    assert file(str(tmp_path / "weights.pt")) == tmp_path / "weights.pt"
    for name in (tmp_path, tmp_path / "other.pt"):
        with pytest.raises(ArgumentTypeError, match="is no file"):
            file(str(name))


def test_what_is_written_takes_the_place_of_files_only(tmp_path: Path) -> None:
    """Of a pipe, a socket or a device it would take the place, too: where root says /dev/null, for the whole machine."""
    (tmp_path / "old.tar").write_text("")
    for name in ("old.tar", "new.tar", "not/yet/new.tar", "."):
        assert target(str(tmp_path / name)) == tmp_path / name
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    with socket.socket(socket.AF_UNIX) as listener, pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)  # a socket's path may have 108 bytes
        listener.bind("socket")
        for name in ("pipe", "link", "socket", os.devnull):
            with pytest.raises(ArgumentTypeError, match="a device, a pipe or a socket"):
                target(name)


def test_an_empty_name_means_nothing() -> None:
    """A script whose variable is not set would otherwise act on the latest run."""
    assert word("quick-12345678") == "quick-12345678"
    with pytest.raises(ArgumentTypeError, match="an empty name"):
        word("")


def test_a_variable_names_a_place_or_is_named_itself(tmp_path: Path) -> None:
    """An empty one counts as not set; a wrong one is the place of the error."""
    assert place_in({"CACHE": str(tmp_path)}, "CACHE", Path("otherwise")) == tmp_path
    assert place_in({"CACHE": ""}, "CACHE", Path("otherwise")) == place_in({}, "CACHE", Path("otherwise")) == Path("otherwise")
    with pytest.raises(UsageError) as caught:
        place_in({"CACHE": TOO_LONG}, "CACHE", Path("otherwise"))
    assert caught.value.where == "CACHE"


@pytest.mark.parametrize("date", ["x", "-1", "1.5", " 1", "१२", "9" * 5000, "253402300800"])
def test_a_date_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, date: str) -> None:
    """Numpy reads the variable on import and would end in a traceback."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", date)
    with pytest.raises(UsageError, match="SOURCE_DATE_EPOCH"):
        check_date()


@pytest.mark.parametrize("date", ["", "0", "1732600000", "253402300799"])
def test_a_date_in_seconds_is_taken(monkeypatch: pytest.MonkeyPatch, date: str) -> None:
    """As is none."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", date)
    check_date()
