"""Says whether a report is up to date: one digest over everything that it was built from, and those of its outputs."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from store.canonical import digest, digest_file, readable_json
from store.doors import read_json
from store.records import write_atomic

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic import JsonValue

    from store.schema import Run

PROJECT = Path(__file__).parents[2]
_SOURCES = (("report", "**/*.py"), ("store", "*.py"), ("templates", "**/*"), ("data", "**/*.toml"), (".", "pyproject.toml"))
_LIBRARIES = ("jinja2", "matplotlib", "numpy", "pandas", "pillow", "pyarrow", "pypandoc-binary", "scipy", "typst")


def inputs_digest(run: Run, records: Iterable[str], options: Mapping[str, JsonValue], perf: Path | None) -> str:
    """Digest of run manifest, record digests, program source, templates, published values, library versions and options."""
    return digest(
        {
            "run": run.digest,
            "records": sorted(records),
            "sources": {name: digest_file(path) for name, path in _source_files(_SOURCES)},
            "libraries": _versions(),
            "options": dict(options),
            "perf": digest_file(perf) if perf is not None else None,
        }
    )


def figures_digest(language: str, given: JsonValue) -> str:
    """Digest of what all figures in a language are drawn with: program, strings, studies' data, versions, and ``given``."""
    wanted = (*_SOURCES[:2], ("templates", f"**/strings/{language}.toml"), ("data", "**/*.toml"))
    sources = {name: digest_file(path) for name, path in _source_files(wanted)}
    return digest({"sources": sources, "libraries": _versions(), "python": sys.version, "given": given})


def is_current(stamp: Path, inputs: str) -> bool:
    """Whether ``stamp`` tells of the same inputs and its outputs are still as they were written."""
    try:
        fields: Any = read_json(stamp)
        outputs: dict[str, str] = fields["outputs"]
        return bool(fields["inputs"] == inputs) and all(
            digest_file(stamp.parent / name) == known for name, known in outputs.items()
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False  # no stamp, or one that cannot be trusted: build again


def write_stamp(stamp: Path, inputs: str, outputs: Iterable[Path], seconds: float) -> None:
    """Remember what the outputs beside ``stamp`` were built from, and how long that took; raises StoreError."""
    known = {path.name: digest_file(path) for path in outputs}
    write_atomic(stamp, readable_json({"inputs": inputs, "outputs": known, "seconds": round(seconds, 1)}))


def _source_files(wanted: Iterable[tuple[str, str]]) -> list[tuple[str, Path]]:
    found = [path for folder, pattern in wanted for path in (PROJECT / folder).glob(pattern) if path.is_file()]
    return sorted((path.relative_to(PROJECT).as_posix(), path) for path in found if "__pycache__" not in path.parts)


def _versions() -> dict[str, JsonValue]:
    return {name: _version(name) for name in _LIBRARIES}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
