"""What both command lines take from outside: names, places and a date, which are checked first, rights and cores."""

from __future__ import annotations

import argparse
import os
import re
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from store.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

_DATE = "SOURCE_DATE_EPOCH"
_LAST_SECOND = 253_402_300_799  # of the year 9999, the last that the libraries here can write
_NUMBER = re.compile(r"[0-9]{1,12}")
_OWNER = 0o700  # of a file's rights, those of its owner
_SHOWN = 60  # characters of a name: enough to recognise it


def place(text: str) -> Path:
    """A file or folder, there or not, as an option takes it; raises ArgumentTypeError for what no file system can hold.

    That is an empty name, which would mean the current folder, one that is too long, and a link that leads to itself.
    """
    if not text:
        raise argparse.ArgumentTypeError("an empty name is no folder and no file")
    if reason := _impossible(text):
        shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
        raise argparse.ArgumentTypeError(f"{shown!r} can be no folder and no file: {reason}")
    return Path(text)


def target(text: str) -> Path:
    """A file to be written, as an option takes it; raises ArgumentTypeError where a device, a pipe or a socket is there.

    What is written takes the place of what was there before: of a device, for whoever may, on the whole machine.
    """
    path = place(text)
    with suppress(OSError):
        mode = path.stat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise argparse.ArgumentTypeError(f"{text!r} is a device, a pipe or a socket: name a file")
    return path


def word(text: str) -> str:
    """The name of a run, a study or a language, as an option takes it; raises ArgumentTypeError for an empty one.

    An empty name is what a script gives whose variable is not set; it would silently mean the latest, or all.
    """
    if not text:
        raise argparse.ArgumentTypeError("an empty name: leave the option out to mean the default")
    return text


def file(text: str) -> Path:
    """A file that has to be there, as an option takes it; raises ArgumentTypeError."""
    path = place(text)
    try:
        there = path.is_file()
    except OSError as error:  # no permission to look
        raise argparse.ArgumentTypeError(f"{text!r} cannot be looked at: {error.strerror or error}") from error
    if not there:
        raise argparse.ArgumentTypeError(f"{text!r} is no file")
    return path


def place_in(environment: Mapping[str, str], variable: str, otherwise: Path) -> Path:
    """The place that the variable names, ``otherwise`` where it is not set; raises UsageError where ``place`` refuses it."""
    given = environment.get(variable)
    if not given:
        return otherwise
    try:
        return place(given)
    except argparse.ArgumentTypeError as error:
        raise UsageError(str(error), where=variable, cure=f"correct {variable}, or leave it out") from error


def check_date() -> None:
    """Raise UsageError for a SOURCE_DATE_EPOCH that is no date: libraries read it on import and end in errors of their own."""
    given = os.environ.get(_DATE, "")
    if given and not (_NUMBER.fullmatch(given) and int(given) <= _LAST_SECOND):
        message = f"{_DATE} is {given[:_SHOWN]!r}, which is no date"
        raise UsageError(message, where=_DATE, cure=f"write whole seconds since 1970, at most {_LAST_SECOND}, or leave it out")


def keep_own_rights() -> None:
    """From now on in this process, whatever is made can be read and written by its owner; of others the umask decides."""
    os.umask(os.umask(_OWNER) & ~_OWNER)


def usable_cores() -> int:
    """Processor cores that this process may use (fewer than the machine has in a container or under taskset)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _impossible(text: str) -> str:
    """Why there can be nothing of this name; empty where there is something, or where there could be."""
    try:
        os.stat(text)  # noqa: PTH116 - a Path would lose what the system says of it
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return ""
    except OSError as error:
        return error.strerror or str(error)
    return ""
