"""Errors that a user can cure: each says what failed, where, and which command helps; only a command line catches them."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_PERMISSION = {errno.EACCES, errno.EPERM, errno.EROFS}
_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def printable(text: str) -> str:
    """The text with control characters, direction marks and lone surrogates as escapes: safe for a terminal and a log."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape", "surrogatepass").decode() for one in text)


def shown_lines(text: str) -> str:
    """The same for what a command prints: a line stays a line, and nothing in it moves the cursor or colours the rest."""
    return "\n".join(printable(line) for line in text.split("\n"))


class StudyError(Exception):
    """A failure with a cure. ``exit_code`` is the status that the command line leaves with."""

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", cure: str = "") -> None:
        """Keep the three parts apart, so that ``--json`` can give them as fields."""
        self.what = what
        self.where = where
        self.cure = cure
        parts = [what]
        if where:
            parts.append(f"  where: {where}")
        if cure:
            parts.append(f"  cure:  {cure}")
        super().__init__(shown_lines("\n".join(parts)))

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the way back from a worker process (keyword-only arguments do not by default)."""
        return _rebuild, (type(self), self.what, self.where, self.cure)


def _rebuild(kind: type[StudyError], what: str, where: str, cure: str) -> StudyError:
    return kind(what, where=where, cure=cure)


class UsageError(StudyError):
    """A flag, a profile or a configuration key is wrong: exit 2."""

    exit_code = 2


class DataError(StudyError):
    """A data file is missing, damaged or unreadable: exit 1, or 3 where a checksum speaks against it."""


class IntegrityError(StudyError):
    """Stored or downloaded bytes are not what their digest says: exit 3."""

    exit_code = 3


class StoreError(StudyError):
    """The artifacts folder cannot be read or written: exit 1."""


def unwritable(what: str, where: Path, error: OSError, afterwards: str) -> StoreError:
    """What to say where something could not be written; the cure is for what the system says, not for a full disk always."""
    if error.errno in _PERMISSION:
        cure = "give yourself permission to write there (ls -ld shows whose it is; umask what new folders get)"
    elif error.errno in _SPACE:
        cure = "free some space"
    else:
        cure = "see that the folder is there and can be written"
    return StoreError(f"{what}: {error.strerror or error}", where=str(where), cure=f"{cure}, {afterwards}")
