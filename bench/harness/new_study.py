"""``bench new NAME``: writes a study that runs as it is, out of ``templates/new_study``, for its user to change."""

from __future__ import annotations

import keyword
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from bench.harness.studies import study_names
from store.errors import UsageError, unwritable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from pydantic import JsonValue

_ROOT = Path(__file__).parents[2]
_PLACEHOLDER = "STUDY_NAME"
_SKELETON = Path("templates", "new_study")
_ROOMS = ("bench", "report", "templates", "data")  # each has a folder studies, which gets a folder of the new study
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def new_facts(options: argparse.Namespace, root: Path = _ROOT) -> dict[str, JsonValue]:
    """Write the study and name its files; raises UsageError for a name that cannot be one, or that is taken."""
    name: str = options.name
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        cure = "choose lower-case letters, digits and _, a letter first, such as my_study"
        raise UsageError(f"{name!r} cannot name a study", where="bench new", cure=cure)
    places = {room: root / room / "studies" / name for room in _ROOMS}
    taken = [str(place) for place in places.values() if place.exists()]
    if taken or name in study_names():
        raise UsageError(f"a study {name} is there already", where=", ".join(taken) or name, cure="choose another name")
    written: list[Path] = []
    try:
        for room, place in places.items():
            written += _copy(root / _SKELETON / room, place, name)
    except OSError as error:
        for place in places.values():  # all of it was made here
            shutil.rmtree(place, ignore_errors=True)
        raise unwritable("cannot write the study", Path(error.filename or root), error, "then try again") from error
    return {"study": name, "files": [path.relative_to(root).as_posix() for path in written]}


def new_text(facts: Mapping[str, JsonValue]) -> str:
    """The files, and what to do next, as lines for people."""
    files = facts["files"]
    lines = [f"wrote {name}" for name in files] if isinstance(files, list) else []
    commands = [f"python -m bench run --study {facts['study']}", f"python -m report build --study {facts['study']}"]
    return "\n".join([*lines, *(f"next: {command}" for command in commands), "then: docs/how-to/add-a-study.md"])


def _copy(source: Path, target: Path, name: str) -> list[Path]:
    copied = []
    for path in sorted(path for path in source.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(path.read_text(encoding="utf-8").replace(_PLACEHOLDER, name), encoding="utf-8")
        copied.append(copy)
    return copied
