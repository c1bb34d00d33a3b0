"""Tables print what the records and the published values hold, and say where a number is missing."""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from report.evidence.records import frame, reference
from report.figures.catalogue import draw_all
from report.figures.growth import growth
from report.printing import cells
from report.printing.markdown import table as markdown_table
from report.printing.strings import Strings
from report.printing.table import Cell, Column, Table
from report.studies.assignment_2.tables import architecture, classification, latent, reconstruction, training
from report.tables import provenance
from report.tables.catalogue import all_tables
from store.errors import IntegrityError, UsageError
from tests.report.restated import restated

if TYPE_CHECKING:
    from pathlib import Path

    from report.evidence.subject import Subject


def row(table: Table, label: str) -> tuple[Cell, ...]:
    """The row whose first cell reads ``label``."""
    return next(line for line in table.rows if line[0].text == label)


def test_losses_are_the_means_of_the_records(whole: Subject) -> None:
    """Re-run, difference, interval and n of the AE's validation loss follow from its three records."""
    values = [s.record.result.metrics["validation_mse_per_pixel"] for s in whole.evidence.complete("autoencoder", "ae")]
    _, published, rerun, difference, interval, n = row(training.losses(whole), "AE validation MSE")
    assert (published.text, n.text) == ("0.0058", "3")
    assert float(rerun.text) == pytest.approx(np.mean(values), abs=5e-6)
    assert float(difference.text.replace("\N{MINUS SIGN}", "-")) == pytest.approx(np.mean(values) - 0.0058, abs=5e-6)
    half = 4.302653 * np.std(values, ddof=1) / np.sqrt(3)
    low, high = (float(number) for number in interval.text.strip("[]").split(", "))
    assert (low, high) == (pytest.approx(np.mean(values) - half, abs=1e-5), pytest.approx(np.mean(values) + half, abs=1e-5))


def test_every_measured_number_names_its_records(whole: Subject) -> None:
    """The three seeds' records stand on the cell, with task and short fingerprint."""
    _, published, rerun, *_ = row(training.losses(whole), "DAE training MSE")
    assert rerun.records == tuple(reference(s) for s in whole.evidence.complete("autoencoder", "dae"))
    assert re.fullmatch(r"autoencoder/dae/seed-0@[0-9a-f]{12}", rerun.records[0])
    assert (published.kind, published.source) == ("published", "table-4")


def test_all_cells_with_numbers_have_an_origin(whole: Subject) -> None:
    """No value without a record, no published number without its place."""
    for table in all_tables(whole).values():
        for cell in (cell for line in table.rows for cell in line):
            assert cell.kind != "value" or cell.records, (table.id, cell)
            assert cell.kind != "published" or cell.source, (table.id, cell)


def test_vae_validation_stands_on_both_scales(whole: Subject) -> None:
    """The printed scale divides the sum by the training images; the other one is per validation image."""
    table = training.losses(whole)
    printed, proper = row(table, "VAE validation loss, as printed"), row(table, "VAE validation loss, per image")
    assert (printed[1].text, proper[1].text) == ("5.1369", "20.5476")
    assert float(proper[2].text) == pytest.approx(4 * float(printed[2].text), abs=5e-4)


def test_one_seed_has_no_spread_and_says_so(single: Subject) -> None:
    """A loss has no interval, an accuracy the Wilson interval over test images, and a note says what is unknown."""
    table = training.headline(single)
    assert row(table, "AE training MSE")[4].text == cells.DASH
    assert row(table, "AE accuracy (%)")[4].text.endswith("†")
    assert any("seed to seed is unknown" in note for note in table.notes)


def test_failed_tasks_show_their_word_and_reason(broken: Subject) -> None:
    """A model without any result has words in its cells, a model with one missing seed says 2 of 3; notes give reasons."""
    scores = classification.scores(broken)
    assert row(scores, "DAE accuracy (%)")[2].text == "failed, skipped"
    assert any("ValueError: no encoder" in note.replace("\\", "") and "seed-0" in note for note in scores.notes)
    (failed,) = (note for note in scores.notes if "ValueError" in note)
    assert failed.replace("\\", "").count("traceback.txt`](<../records/classifier/dae/seed-") == 2
    assert not any("Log:" in note for note in scores.notes if note != failed)
    losses = training.losses(broken)
    assert row(losses, "VAE training loss")[5].text == "2 of 3"
    assert any("autoencoder/vae/seed-1" in note and "NaN in epoch 3" in note for note in losses.notes)


def test_tasks_table_lists_every_record(broken: Subject) -> None:
    """No task of the run is left out, whatever its status."""
    table = provenance.tasks(broken)
    assert [line[0].text for line in table.rows] == [s.record.task.id for s in broken.evidence.everything()]
    assert row(table, "autoencoder/vae/seed-1")[1].text == "diverged"


def test_architecture_marks_equal_and_different_shapes(whole: Subject) -> None:
    """All printed rows match the synthetic layers; a changed printed shape is marked."""
    assert {line[5].text for line in architecture.autoencoder(whole).rows} == {"equal"}
    first, *others = whole.published.fact("table-1.rows")
    published = restated(whole.published, {"table-1.rows": [first | {"shape": [1, 2, 3]}, *others]})
    changed = architecture.autoencoder(dataclasses.replace(whole, published=published))
    assert [line[5].text for line in changed.rows[:2]] == ["differ", "equal"]


def test_table_3_has_words_and_measurements(whole: Subject) -> None:
    """Published robustness beside measured noise removal."""
    table = reconstruction.traits(whole)
    assert [cell.text for cell in row(table, "Robustness to noise")[1:]] == ["Weak", "Medium", "High"]
    assert [cell.text for cell in row(table, "Measured: noise removed (%)")[1:]] == ["60.1", "70.1", "87.1"]


def test_error_of_a_printed_image_is_its_own(whole: Subject) -> None:
    """Row 3 of the pair errors is the mean of test image 3's error over seeds."""
    found = [
        frame(s, "errors.parquet")["mse_per_pixel_clean_input"][3] for s in whole.evidence.complete("reconstruction", "ae")
    ]
    assert float(row(reconstruction.pair_errors(whole), "3")[2].text) == pytest.approx(np.mean(found), abs=5e-6)


def test_deviations_table_is_absent_without_deviations(whole: Subject, broken: Subject) -> None:
    """A comparable run has nothing to list."""
    assert "deviations" not in all_tables(whole)
    (found,) = (line for line in all_tables(broken)["deviations"].rows if line[-1].text == "autoencoder.epochs")
    asked = next(each for each in broken.deviations if each.key == "autoencoder.epochs")
    assert [cell.text for cell in found[1:3]] == [str(asked.published), str(asked.run)]


def test_benchmarks_are_shown_where_there_are_some(whole: Subject, tmp_path: Path) -> None:
    """Without a benchmark file there is no table; with one, times in milliseconds and the ratio to the other way."""
    assert "performance" not in all_tables(whole)
    stats = {"median": 0.0123, "min": 0.012, "stddev": 0.001, "rounds": 7}
    path = tmp_path / "benchmark.json"
    known = {"name": "test_evaluation_time[1000]", "stats": stats, "extra_info": {"other_over_here": 2.5512}}
    new = {"name": "test_new", "stats": stats, "extra_info": {}}
    path.write_text(json.dumps({"benchmarks": [known, new]}), encoding="utf-8")
    table = all_tables(dataclasses.replace(whole, perf=path))["performance"]
    texts = {line[0].text: [cell.text for cell in line[1:]] for line in table.rows}
    assert texts["Scoring predicted boxes (1000)"] == ["12.0\u202fms", "7", "faster-coco-eval", "2.55"]
    assert texts["test_new"] == ["12.0\u202fms", "7", "none", "none"]


def points_file(path: Path, *points: dict[str, object]) -> Path:
    """A file of benchmarks that holds these points of growth and nothing else."""
    stats = {"min": 1.0, "rounds": 1}
    path.write_text(json.dumps({"benchmarks": [{"name": "x", "stats": stats, "extra_info": one} for one in points]}))
    return path


def test_growth_has_a_table_of_its_own(whole: Subject, tmp_path: Path) -> None:
    """Sorted by axis and size, with the time for each unit; its points are no benchmarks."""
    path = points_file(
        tmp_path / "benchmark.json",
        {"axis": "records", "size": 1000, "seconds": 2.0, "peak_bytes": 1 << 20},
        {"axis": "seeds", "size": 10, "seconds": 80.0, "peak_bytes": 1 << 30},
        {"axis": "seeds", "size": 2, "seconds": 20.0, "peak_bytes": 1 << 29},
    )
    tables = all_tables(dataclasses.replace(whole, perf=path))
    assert "performance" not in tables
    assert [[cell.text for cell in line[1:]] for line in tables["scaling"].rows] == [
        ["2", "20\u202fs", "10,000\u202fms", "512.0\u202fMiB"],
        ["10", "1\u202fmin 20\u202fs", "8,000\u202fms", "1,024.0\u202fMiB"],
        ["1,000", "2.0\u202fs", "2.00\u202fms", "1.0\u202fMiB"],
    ]


def test_growth_is_drawn_where_it_was_measured(whole: Subject, tmp_path: Path) -> None:
    """One file for every run: it comes from no record, and is told in words, too."""
    assert growth(whole) is None
    one = {"axis": "records", "size": 1000, "seconds": 2.0, "peak_bytes": 1 << 20}
    subject = dataclasses.replace(
        whole, perf=points_file(tmp_path / "benchmark.json", one, {**one, "size": 10, "seconds": 0.5})
    )
    found = draw_all(subject, tmp_path, tmp_path / "kept", ("growth",))
    assert "1,000 (records, planned again): 2.0\u202fs, 1.0\u202fMiB" in found["growth"].alt
    assert (tmp_path / "growth.svg").is_file()
    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize("wrong", [{"size": 0}, {"axis": "moons"}, {"seconds": "x"}, {"peak_bytes": None}])
def test_a_point_that_is_none_is_refused(whole: Subject, tmp_path: Path, wrong: dict[str, object]) -> None:
    """The file may have been written by anybody."""
    point = {"axis": "seeds", "size": 1, "seconds": 1.0, "peak_bytes": 1}
    path = points_file(tmp_path / "benchmark.json", point | wrong)
    with pytest.raises(IntegrityError, match="file of benchmarks"):
        all_tables(dataclasses.replace(whole, perf=path))


def test_machines_of_a_merged_run_are_all_listed(whole: Subject) -> None:
    """Records of several machines and device kinds give each value once."""
    first, *others = whole.evidence.records("autoencoder", "ae")
    record = first.record
    execution = record.execution.model_copy(update={"machine": {"cpu": "Other CPU"}})
    ingredients = record.ingredients.model_copy(update={"environment": {"device": "cuda:Other", "torch": "2.13.0"}})
    moved = replace(first, record=record.model_copy(update={"execution": execution, "ingredients": ingredients}))
    cells = {**whole.evidence.cells, ("autoencoder", "ae"): (moved, *others)}
    table = provenance.environment(replace(whole, evidence=replace(whole.evidence, cells=cells)))
    assert set(row(table, "Cpu")[1].text.split("; ")) == {"Test CPU", "Other CPU"}
    assert set(row(table, "Device")[1].text.split("; ")) == {"cpu", "cuda:Other"}


def test_packages_are_those_that_decide_and_those_that_are_named(whole: Subject) -> None:
    """Of the packages installed with a record, one that nobody named is left to the record; deciding ones are marked."""
    texts = [cell.text for line in provenance.packages(whole).rows for cell in line]
    assert {"numpy", "torch *"} <= set(texts)
    assert "some-dependency" not in texts


def test_pixels_have_no_seeds(whole: Subject) -> None:
    """The reference space counts no seeds, and its interval is marked as one over images."""
    pixels = row(latent.separation(whole), "Pixels")
    assert pixels[-1].text == cells.DASH
    assert pixels[3].text.endswith("†")
    assert not any("seed to seed" in note for note in latent.separation(whole).notes)


def test_markdown_escapes_what_would_end_a_cell() -> None:
    """Pipes, brackets and stars of a reason or a name print as they are."""
    content = Table("x", "Caption", (Column("A|B"),), ((Cell("a | b [c] *d*", "value", ("r@1",)),),))
    lines = markdown_table(content).splitlines()
    assert lines[0] == r"| A\|B |"
    assert lines[2] == r'| [a \| b \[c\] \*d\*]{.value record="r\@1"} |'
    assert lines[-1] == ": Caption {#tbl-x}"


def test_decimal_mark_follows_the_strings(whole: Subject) -> None:
    """A language with a decimal comma prints commas in every table number."""
    numbers = dataclasses.replace(whole.numbers, decimal_mark=",", group_mark=".")
    table = training.losses(dataclasses.replace(whole, numbers=numbers))
    assert row(table, "AE validation MSE")[1].text == "0,0058"


def test_unknown_string_is_an_error(whole: Subject) -> None:
    """A misspelt key stops the build instead of leaving a hole."""
    with pytest.raises(UsageError, match=r"no text columns\.model"):
        Strings("en", {})("columns.model")
    assert whole.strings("columns.model") == "Model"
