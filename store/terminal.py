"""What both command lines need of a terminal: streams that take any text, and printing that nothing in the text can steer."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

from store.errors import StudyError, shown_lines


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
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else the interpreter complains when it ends
    except OSError as error:
        raise StudyError(f"standard output cannot be written: {error.strerror}", cure="free some space") from error
