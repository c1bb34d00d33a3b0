"""What is said beside an answer may be lost; what is the answer may not."""

from __future__ import annotations

import ast
import io
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from store.errors import IntegrityError, StudyError
from store.terminal import complain, prepare_streams, say, tell

if TYPE_CHECKING:
    from collections.abc import Callable

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


def test_a_stream_that_knows_few_letters_shows_the_others_as_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard output and error both do, once they are prepared."""
    written = io.BytesIO()
    with monkeypatch.context() as patch:
        for name in ("stdout", "stderr"):
            patch.setattr(sys, name, io.TextIOWrapper(written, encoding="ascii", write_through=True))
        with pytest.raises(UnicodeEncodeError):
            say("não")
        prepare_streams()
        say("não")
        tell(sys.stderr, "até")
        assert written.getvalue() == b"n\\xe3o\nat\\xe9\n"


def test_a_stream_that_is_no_terminals_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as one that a program puts there to collect what is said."""
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", io.StringIO())
        prepare_streams()
        say("não")
        assert sys.stdout.getvalue() == "não\n"


def test_a_process_without_streams_gets_some(monkeypatch: pytest.MonkeyPatch) -> None:
    """And one that has them keeps them."""
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", None)
        patch.setattr(sys, "stderr", None)
        prepare_streams()
        streams = (sys.stdout, sys.stderr)
        say("lost")
        assert complain(StudyError("nothing", where="here", cure="wait"), as_json=False) == StudyError.exit_code
        prepare_streams()
        assert (sys.stdout, sys.stderr) == streams
        for stream in streams:
            assert (stream.name, stream.encoding) == (os.devnull, "utf-8")
            stream.close()


@pytest.mark.parametrize("as_json", [False, True])
def test_an_error_is_said_and_told_as_facts_where_these_are_asked_for(
    capsys: pytest.CaptureFixture[str], *, as_json: bool
) -> None:
    """Standard output has the facts or nothing, standard error the words."""
    assert complain(IntegrityError("damaged", where="here", cure="mend it"), as_json=as_json) == 3
    out, err = capsys.readouterr()
    assert (json.loads(out) if out else None) == (
        {"error": "damaged", "where": "here", "cure": "mend it", "exit_code": 3} if as_json else None
    )
    assert err.startswith("error: damaged")


@pytest.mark.skipif(sys.platform != "linux", reason="looks at where a stream leads in /proc")
@pytest.mark.parametrize("speak", [say, lambda text: tell(sys.stdout, text)])
def test_a_reader_that_has_gone_is_no_error(monkeypatch: pytest.MonkeyPatch, speak: Callable[[str], None]) -> None:
    """What is said from then on goes nowhere, and closing the stream does not fail either."""
    ours, theirs = os.pipe()
    os.close(ours)
    with os.fdopen(theirs, "w") as stream, monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", stream)
        speak("one")
        assert str(Path(f"/proc/self/fd/{stream.fileno()}").readlink()) == os.devnull
        speak("two")


def test_what_is_told_is_there_at_once_and_ends_as_asked(tmp_path: Path) -> None:
    """Progress that waits in a buffer is none."""
    with (tmp_path / "log").open("w") as stream:
        tell(stream, "one", end="")
        tell(stream, "two")
        assert (tmp_path / "log").read_text() == "onetwo\n"


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
