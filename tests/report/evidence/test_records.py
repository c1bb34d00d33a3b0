"""The records of a run by cell, in the order of the seeds, and how they are named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from report.evidence.history import by_seed, mean_curve
from report.evidence.records import evidence_of, frame, frames, reference, rows
from store.errors import IntegrityError
from store.formats import table_bytes
from store.records import Stored
from store.schema import FileEntry
from tests.report.evidence.small_run import evidence, stored
from tests.report.tiny_study import write_run_of

if TYPE_CHECKING:
    from pathlib import Path

    from report.evidence.records import Evidence


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """Three seeds with a history of two epochs."""
    root: Path = tmp_path_factory.mktemp("artifacts")
    write_run_of(root)
    return evidence_of(root)


def test_records_are_told_by_what_came_of_them() -> None:
    """All of a cell, those with a result, those without; an unknown cell has none."""
    good, bad, other = stored("a", 0, 1.0), stored("a", 1, status="skipped"), stored("b", None, 2.0)
    found = evidence(good, bad, other)
    assert (found.certificate, found.certified_here) == (None, False)
    assert found.records("fit", "a") == (good, bad)
    assert found.complete("fit", "a") == (good,)
    assert found.incomplete("fit", "a") == (bad,)
    assert found.everything() == (good, bad, other)
    assert found.records("fit", "c") == ()
    assert reference(good) == "fit/a/seed-0@abababababab"
    assert reference(other) == "fit/b/once@abababababab"


def test_a_cell_has_its_records_in_the_order_of_the_seeds(tiny: Evidence) -> None:
    """Whatever order the run's manifest names them in; nobody has certified the run."""
    (records,) = tiny.cells.values()
    assert [one.record.task.seed for one in records] == [0, 1, 2]
    assert (tiny.certificate, tiny.certified_here) == (None, False)


def test_histories_stand_below_each_other_with_their_seed(tiny: Evidence) -> None:
    """A row an epoch and seed; the mean curve is over the seeds, from the first epoch on."""
    records = tiny.records("estimate", "square")
    table = frames(records, "history.parquet")
    assert table["seed"].tolist() == [0, 0, 1, 1, 2, 2]
    columns = by_seed(records, "estimate")
    assert (columns.columns.tolist(), columns.index.tolist()) == ([0, 1, 2], [1, 2])
    np.testing.assert_allclose(mean_curve(records, "estimate"), [3.2, 3.141])


def put(folder: Path, seed: int | None, digest: str, values: list[float]) -> Stored:
    """A record with a history of these values and a file that is always the same."""
    (folder / "history.parquet").write_bytes(table_bytes({"epoch": range(1, 1 + len(values)), "loss": values}))
    names = {"a.bin": "0" * 64, "history.parquet": digest * 64, "z.bin": "0" * 64}
    files = tuple(FileEntry(name=name, sha256=sha256, size_bytes=1) for name, sha256 in names.items())
    return Stored(stored("a", seed).record.model_copy(update={"files": files}), folder)


def test_a_table_is_read_once_for_each_content(tmp_path: Path) -> None:
    """Another digest at the same place is another table."""
    first = put(tmp_path, 0, "1", [1.0])
    assert frame(first, "history.parquet") is frame(first, "history.parquet")
    second = put(tmp_path, 0, "2", [2.0])
    assert frame(first, "history.parquet")["loss"].tolist() == [1.0]
    assert frame(second, "history.parquet")["loss"].tolist() == [2.0]


def test_a_record_without_a_seed_and_one_without_a_number_keep_their_place(tmp_path: Path) -> None:
    """The first is seed -1, the second a column of its own; rows are numbered through."""
    folders = [tmp_path / str(number) for number in range(2)]
    for folder in folders:
        folder.mkdir()
    records = (put(folders[0], None, "3", [0.5, 0.25]), put(folders[1], 4, "4", [float("nan")] * 2))
    table = frames(records, "history.parquet")
    assert (table["seed"].tolist(), table.index.tolist()) == ([-1, -1, 4, 4], [0, 1, 2, 3])
    assert by_seed(records, "loss").columns.tolist() == [-1, 4]
    assert mean_curve(records, "loss").tolist() == [0.5, 0.25]


def test_an_empty_table_that_cannot_be_empty_is_damage(tmp_path: Path) -> None:
    """Means over no epoch would be NaN, and a claim on them judged; a detector may find nothing."""
    empty = put(tmp_path, 0, "1", [])
    with pytest.raises(IntegrityError, match=r"history\.parquet of fit/a/seed-0 has no row"):
        frame(empty, "history.parquet")
    failed = Stored(
        empty.record.model_copy(update={"result": empty.record.result.model_copy(update={"status": "failed"})}), empty.folder
    )
    assert frame(failed, "history.parquet").empty


@pytest.mark.parametrize(("content", "sound"), [("[{}]", True), ("[]", False), ("{}", False), ('"text"', False)])
def test_rows_of_a_document_are_rows(tmp_path: Path, content: str, sound: bool) -> None:  # noqa: FBT001 - a table of cases
    """A table that iterates over anything else would be empty, and nobody would see why."""
    own = put(tmp_path, 0, "1", [1.0])
    (tmp_path / "a.bin").write_text(content)
    if sound:
        assert rows(own, "a.bin") == [{}]
        return
    with pytest.raises(IntegrityError, match=r"a\.bin of fit/a/seed-0 is no list of rows"):
        rows(own, "a.bin")
