"""The first run shows everything: the quick profile, run as a newcomer runs it, leaves no table or figure of the source empty.

It takes minutes. ``BENCH_QUICK_ARTIFACTS`` names a folder in which the quick profile was run already.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
import pytest

from report.build import Options, build
from report.printing.figure_style import styled
from report.studies.assignment_2 import arms, part_two
from report.tables.catalogue import all_tables
from tests.report.conftest import subject_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure

    from report.evidence.subject import Subject
    from report.printing.table import Table

pytestmark = pytest.mark.campaign

ROOT = Path(__file__).parents[4]
TABLES = ("table-1", "table-2", "traits", "hyperparameters", "losses", "classification", "detection")  # published 1 to 6
MODELS = ("ae", "vae", "dae")
FIGURES = (  # published 1 to 12
    *("losses", *(f"pairs-{model}" for model in MODELS), "distributions", "latent"),
    *(*(f"confusion-{model}" for model in MODELS), "classifiers", "detections-transfer", "networks", "classifier-networks"),
    *("epochs-scratch", "epochs-transfer", "detections-1", "detections-2"),
)


@pytest.fixture(scope="module")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the quick profile was run, without data, weights or network."""
    given = os.environ.get("BENCH_QUICK_ARTIFACTS")
    root = Path(given).resolve() if given else tmp_path_factory.mktemp("quick")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BENCH_")}
    command = [sys.executable, "-m", "bench", "run", "--offline", "--artifacts", str(root)]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    return root


@pytest.fixture(scope="module")
def quick(artifacts: Path) -> Subject:
    """The run as tables and figures see it."""
    return subject_of(artifacts)


@pytest.fixture(scope="module")
def tables(quick: Subject) -> dict[str, Table]:
    """All tables that the report has."""
    return all_tables(quick)


def missing_words(subject: Subject) -> set[str]:
    """What stands in a cell in place of a number."""
    return {subject.strings(f"status.{key}") for key in ("diverged", "failed", "skipped", "not_run", "undefined")}


def test_every_task_has_a_result(quick: Subject) -> None:
    """Nothing is skipped: no weights, no image and no network is needed."""
    assert [stored.record.task.id for stored in quick.evidence.everything() if stored.record.status != "ok"] == []
    assert len({stored.record.task.seed for stored in quick.evidence.complete("autoencoder", "ae")}) == 3
    assert len({stored.record.task.seed for stored in quick.evidence.complete("detection", "transfer-car")}) >= 2


@pytest.mark.parametrize("name", TABLES)
def test_every_table_of_the_source_has_re_run_values(tables: dict[str, Table], quick: Subject, name: str) -> None:
    """No cell of Tables 1 to 6 has a word in the place of a number, and every row has a number of this run."""
    words = missing_words(quick)
    rows = tables[name].rows
    assert [cell.text for row in rows for cell in row if cell.text in words] == []
    measured = [any(cell.kind == "value" and cell.records for cell in row) for row in rows]
    assert any(measured) if name in {"traits", "hyperparameters"} else all(measured)


def test_no_other_table_is_a_wall_of_words(tables: dict[str, Table], quick: Subject) -> None:
    """Each table has more numbers than words for their absence."""
    words = missing_words(quick)
    for name, table in tables.items():
        values = [cell for row in table.rows for cell in row if cell.kind in {"value", "status"}]
        assert 2 * sum(cell.text in words for cell in values) <= len(values), name


def axes_without_ink(figure: Figure) -> Iterator[str]:
    """The titles of axes on which nothing is drawn but the axes themselves, or a word for what is missing."""
    for axis in figure.axes:
        if axis.get_legend() is not None and not axis.axison:
            continue  # the place of the key, which has no axes
        drawn = [line for line in axis.lines if len(line.get_xdata())]  # type: ignore[arg-type]
        if not (drawn or axis.collections or axis.images or axis.patches or axis.artists):
            yield axis.get_title() or "untitled"


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_of_the_source_has_ink(quick: Subject, name: str) -> None:
    """Each of its axes shows lines, points, images or shapes."""
    with mpl.rc_context(styled()):
        drawing = quick.study.declared().figures[name](quick)
    assert drawing is not None
    assert drawing.figure.axes
    assert list(axes_without_ink(drawing.figure)) == []


@pytest.mark.parametrize("pair", [pair for pair in arms.PAIRS if pair != arms.PUBLISHED_PAIR], ids=lambda pair: pair.key)
def test_both_ways_of_training_find_something_and_transfer_finds_more(quick: Subject, pair: arms.Pair) -> None:
    """On equal tasks, after as many epochs, in every seed: the donor is worth something."""
    read = arms.score("map50", "last")
    scratch, transfer = (quick.evidence.complete("detection", arm) for arm in (pair.scratch, pair.transfer))
    assert [one.record.task.seed for one in scratch] == [one.record.task.seed for one in transfer] != []
    for before, after in zip(map(read, scratch), map(read, transfer), strict=True):
        assert before is not None
        assert after is not None
        assert before > 0.1
        assert after > before + 0.05


def test_the_report_says_what_the_transfer_arms_started_from(quick: Subject) -> None:
    """Not COCO, and nobody should think so."""
    assert "stands in for COCO weights" in str(part_two.facts(quick)["weights"])


def test_the_report_has_no_place_without_a_re_run(artifacts: Path, quick: Subject) -> None:
    """The rendered page names no missing arm, and no figure says that there was no re-run."""
    result = build(artifacts, Options(formats=("html",)))
    page = result.outputs[0].read_text(encoding="utf-8")
    assert quick.strings("part2.missing_title") not in page
    assert quick.strings("figures.missing", words="").strip() not in page
