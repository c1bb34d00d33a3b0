"""What is said beside an answer may be lost; what is the answer may not."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from store.errors import IntegrityError, StudyError
from store.terminal import complain, say, tell

if TYPE_CHECKING:
    import io

PROJECT = Path(__file__).parents[2]
# Where a failing write ends the showing alone: a run's display guards each of its lines.
PRINTS = {Path("store/terminal.py"), Path("bench/harness/display.py")}


def full() -> io.TextIOWrapper:
    """A stream on a disk without room."""
    return Path("/dev/full").open("w", buffering=1, encoding="utf-8")


def test_a_full_disk_does_not_stop_what_is_told() -> None:
    """Nor does the stream fail again when it is closed, which would change the exit status."""
    with full() as stream:
        tell(stream, "a line")
        tell(stream, "another")


def test_a_full_disk_stops_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command whose answer is lost has failed, and says where."""
    with full() as stream, monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", stream)
        with pytest.raises(StudyError, match="standard output cannot be written"):
            say("the answer")


def test_an_error_keeps_its_status_where_nothing_can_be_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Damage is exit 3 on a full disk, too."""
    with full() as out, full() as err, monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        assert complain(IntegrityError("damaged", where="here", cure="do something"), as_json=True) == 3


def test_what_is_told_does_not_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """A store's or a user's words come through as escapes."""
    tell(sys.stderr, "\x1b[2Jcleared")
    assert capsys.readouterr().err == "\\x1b[2Jcleared\n"


def test_nothing_prints_but_what_can_stand_a_lost_stream() -> None:
    """A bare print in the midst of a run would end it where its reader has gone."""
    found = {
        path.relative_to(PROJECT)
        for room in ("bench", "report", "store")
        for path in (PROJECT / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    }
    assert found == PRINTS
