"""An error says what, where and which cure, survives its way between processes, and nothing in it steers a terminal."""

from __future__ import annotations

import errno
import os
import pickle
from pathlib import Path

import pytest

from store.errors import DataError, IntegrityError, StoreError, StudyError, UsageError, printable, shown_lines, unwritable


def test_its_three_parts_stand_below_each_other() -> None:
    """What is not given has no line."""
    assert str(UsageError("wrong", where="here", cure="do this")) == "wrong\n  where: here\n  cure:  do this"
    assert str(StudyError("wrong", cure="do this")) == "wrong\n  cure:  do this"
    assert str(StudyError("wrong")) == "wrong"


@pytest.mark.parametrize(
    ("kind", "code"), [(StudyError, 1), (UsageError, 2), (DataError, 1), (IntegrityError, 3), (StoreError, 1)]
)
def test_each_kind_has_its_exit_code_and_comes_back_from_a_worker(kind: type[StudyError], code: int) -> None:
    """With its kind and its parts."""
    again = pickle.loads(pickle.dumps(kind("wrong", where="here", cure="do this")))  # noqa: S301 - what this test has made
    assert (type(again), again.exit_code) == (kind, code)
    assert (again.what, again.where, again.cure) == ("wrong", "here", "do this")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EACCES, "give yourself permission"),
        (errno.EROFS, "give yourself permission"),
        (errno.ENOSPC, "free some space"),
        (errno.EDQUOT, "free some space"),
        (errno.ENOTDIR, "see that the folder is there"),
    ],
)
def test_the_cure_is_for_what_the_system_says(number: int, words: str) -> None:
    """No permission and no space are different things; the system's own words come first."""
    found = unwritable("cannot write it", Path("place"), OSError(number, os.strerror(number)), "then run again")
    assert isinstance(found, StoreError)
    assert found.what == f"cannot write it: {os.strerror(number)}"
    assert found.cure.startswith(words)
    assert found.cure.endswith(", then run again")
    assert unwritable("cannot", Path(), OSError("odd"), "x").what == "cannot: odd"


def test_nothing_in_a_text_steers_a_terminal() -> None:
    """Colours, returns, direction marks and lone surrogates become escapes; letters of any language stay, lines too."""
    assert printable("é\x1b[31m\u202e\ud800\n") == "é\\x1b[31m\\u202e\\ud800\\n"
    assert shown_lines("one\ntwo\r\x1b") == "one\ntwo\\r\\x1b"
