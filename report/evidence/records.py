"""The records of one run, checked and indexed: what the report may speak about, failures included."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from store.certificates import is_checked_here, load_certificate
from store.errors import IntegrityError
from store.extent import read_plain_document
from store.formats import read_arrays, read_table
from store.runs import load_entry, load_run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray
    from pydantic import JsonValue

    from store.certificates import Certificate
    from store.records import Stored
    from store.schema import Run

Cell = tuple[str, str]
_SMALL_BYTES = 1 << 16  # of arrays that are kept in memory
# An epoch, an image or a class to a row: there is one at least. A detector may find nothing, so its predictions may be none.
_NEVER_EMPTY = frozenset(
    f"{name}.parquet"
    for name in ("chain", "coordinates", "errors", "history", "images", "per_class", "predictions", "robustness")
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A run and its records, by experiment and variant in the order of the seeds; what re-running it gave, if anyone did.

    ``certified_here`` says that the re-run was this store's own; otherwise the certificate is a claim of whoever sent it.
    """

    run: Run
    cells: Mapping[Cell, tuple[Stored, ...]]
    certificate: Certificate | None = None
    certified_here: bool = False

    def records(self, experiment: str, variant: str) -> tuple[Stored, ...]:
        """Every record of the cell, whatever its status; empty where the run has no such task."""
        return self.cells.get((experiment, variant), ())

    def complete(self, experiment: str, variant: str) -> tuple[Stored, ...]:
        """The records whose task succeeded."""
        return tuple(stored for stored in self.records(experiment, variant) if stored.record.status == "ok")

    def incomplete(self, experiment: str, variant: str) -> tuple[Stored, ...]:
        """The records of tasks that diverged, failed or were skipped."""
        return tuple(stored for stored in self.records(experiment, variant) if stored.record.status != "ok")

    def everything(self) -> tuple[Stored, ...]:
        """All records in the order of the run."""
        return tuple(stored for records in self.cells.values() for stored in records)


def load_evidence(root: Path, run: Run) -> Evidence:
    """Load every record that ``run`` names, and its certificate; raises IntegrityError that names the first altered one."""
    cells: dict[Cell, list[Stored]] = {}
    for entry in run.entries:
        cells.setdefault((entry.task.experiment, entry.task.variant), []).append(load_entry(root, entry))
    ordered = {cell: tuple(sorted(records, key=_seed)) for cell, records in cells.items()}
    return Evidence(run, ordered, load_certificate(root, run), is_checked_here(root, run))


def evidence_of(root: Path, run_id: str | None = None) -> Evidence:
    """The evidence of the named run, or of the latest."""
    return load_evidence(root, load_run(root, run_id))


def frame(stored: Stored, name: str) -> pd.DataFrame:
    """A Parquet file of the record as a data frame; a null number is NaN. Callers share it and do not write into it.

    Raises IntegrityError, also where a task that succeeded cannot have left the table empty: means of nothing would be NaN.
    """
    digest = next((entry.sha256 for entry in stored.record.files if entry.name == name), "")
    table = _table(stored.file(name), digest)
    if table.empty and name in _NEVER_EMPTY and stored.record.status == "ok":
        raise damaged(stored, f"{name} of {stored.record.task.id} has no row")
    return table


@lru_cache(maxsize=256)
def _table(path: Path, _digest: str) -> pd.DataFrame:
    """Read once: a table is asked for a thousand times. The digest stands for the content that was checked."""
    table: pd.DataFrame = read_table(path).to_pandas()
    return table


def frames(records: Sequence[Stored], name: str) -> pd.DataFrame:
    """The same file of several records below each other; ``seed`` says whose row it is (-1 without a seed).

    Raises ValueError without a record.
    """
    import pandas as pd  # noqa: PLC0415  # half a second that an up-to-date report does not need

    return pd.concat([frame(stored, name).assign(seed=_seed(stored)) for stored in records], ignore_index=True)


def arrays(stored: Stored, name: str) -> dict[str, NDArray[np.generic]]:
    """An npz file of the record. Callers share it and do not write into it."""
    entry = next((entry for entry in stored.record.files if entry.name == name), None)
    if entry is None or entry.size_bytes > _SMALL_BYTES:
        return read_arrays(stored.file(name))
    return _small_arrays(stored.file(name), entry.sha256)


@lru_cache(maxsize=256)
def _small_arrays(path: Path, _digest: str) -> dict[str, NDArray[np.generic]]:
    """Read once, as a table is: a matrix of counts is asked for once a class and claim."""
    return read_arrays(path)


def document(stored: Stored, name: str) -> JsonValue:
    """A JSON file of the record."""
    return read_plain_document(stored.file(name))


def rows(stored: Stored, name: str) -> list[JsonValue]:
    """A JSON file of the record that is a list with something in it; raises IntegrityError for any other."""
    found = document(stored, name)
    if not isinstance(found, list) or not found:
        raise damaged(stored, f"{name} of {stored.record.task.id} is no list of rows")
    return found


def damaged(stored: Stored, message: str) -> IntegrityError:
    """The error of a record that is sealed and does not hold what is read in it."""
    cure = "python -m bench verify says what else is wrong with it; compute it again: nox -s bench"
    return IntegrityError(message, where=str(stored.folder), cure=cure)


def reference(stored: Stored) -> str:
    """``<task id>@<first 12 digits of the fingerprint>``: how the report names a record."""
    return f"{stored.record.task.id}@{stored.record.short_id}"


def _seed(stored: Stored) -> int:
    return -1 if stored.record.task.seed is None else stored.record.task.seed
