"""What both command lines need of a terminal: streams that take any text, and printing that nothing in the text can steer."""

from __future__ import annotations

import io
import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from store.errors import StudyError, shown_lines

if TYPE_CHECKING:
    from collections.abc import Mapping


def prepare_streams() -> None:
    """Let standard output and error take any text.

    A process that was started without one of them (``>&-``) gets somewhere to write; a stream that knows only some letters (a
    POSIX locale, ``PYTHONIOENCODING=ascii``) prints the others as escapes.
    """
    sys.stdout = sys.stdout or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - open as long as the process
    sys.stderr = sys.stderr or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def say(text: str) -> None:
    """Print to standard output, with nothing in it that a terminal obeys.

    A reader that has gone (``| head -1``) does not change how the command ends. Raises StudyError where it cannot be written.
    """
    try:
        sys.stdout.write(f"{shown_lines(text)}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        _silence(sys.stdout)
    except OSError as error:
        _silence(sys.stdout)
        message = f"standard output cannot be written: {error.strerror}"
        raise StudyError(message, where="standard output", cure="free some space, or send it elsewhere") from error


def tell(stream: TextIO, text: str, end: str = "\n") -> None:
    """Say something beside the answer, such as how far a run is; what cannot be written any more is no reason to stop."""
    try:
        print(shown_lines(text), end=end, file=stream, flush=True)
    except OSError:
        _silence(stream)


def complain(error: StudyError, *, as_json: bool) -> int:
    """Say on standard error what failed, with ``as_json`` also as facts on standard output; returns the exit status."""
    if as_json:
        facts: Mapping[str, str | int] = {
            "error": error.what,
            "where": error.where,
            "cure": error.cure,
            "exit_code": error.exit_code,
        }
        with suppress(StudyError):  # where standard output is what failed
            say(json.dumps(facts))
    tell(sys.stderr, f"error: {error}")
    return error.exit_code


def _silence(stream: TextIO) -> None:
    """Let the stream lead nowhere from now on: else the interpreter tries again when it ends, and changes the exit status."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
