"""Both command lines help the user who mistypes, and end as they should on a lost stream."""

from __future__ import annotations

import io
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench.cli import main as bench
from report.cli import main as report

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Main = Callable[[Sequence[str]], int]

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
both = pytest.mark.parametrize("main", [bench, report])


def full() -> io.TextIOWrapper:
    """A stream on a disk without room."""
    return Path("/dev/full").open("w", buffering=1, encoding="utf-8")


def status_of(main: Main, *words: str) -> object:
    """How the command ends where the parser ends it."""
    with pytest.raises(SystemExit) as caught:
        main(words)
    return caught.value.code


@both
def test_the_version_is_the_projects(main: Main, capsys: pytest.CaptureFixture[str]) -> None:
    """Name and version of pyproject.toml."""
    assert status_of(main, "--version") == 0
    assert capsys.readouterr().out == f"{PROJECT['name']} {PROJECT['version']}\n"


@pytest.mark.parametrize(
    ("main", "typed", "meant"), [(bench, "rnu", "run"), (bench, "veryfi", "verify"), (report, "biuld", "build")]
)
def test_a_misspelt_command_is_told_its_neighbour(
    main: Main, typed: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the exit status of wrong usage."""
    assert status_of(main, typed) == 2
    assert f"did you mean {meant}?" in capsys.readouterr().err


@both
@pytest.mark.parametrize("words", [["--help"], ["--version"], ["verify", "--help"]])
def test_an_answer_of_the_parser_that_is_lost_is_a_failure(
    main: Main, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As any other answer that cannot be written, and without a traceback."""
    said = io.StringIO()
    with full() as stream, monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", stream)
        patch.setattr(sys, "stderr", said)
        assert status_of(main, *words) == 1
    assert "standard output cannot be written" in said.getvalue()


@both
def test_wrong_usage_is_2_where_nothing_can_be_said(main: Main, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither does the stream fail once more at the end."""
    with full() as out, full() as err, monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        assert status_of(main, "verify", "--no-such-option") == 2
