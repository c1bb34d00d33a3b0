"""A model that the source does not have takes one block in study.toml: every table and figure shows it, with a dash beside."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
COPIED = ("report", "store", "templates", "data", "tests", "bench")
BLOCK = """
[[models]]
key = "sae"
label = { en = "Sparse AE" }
objective = { train = "train_mse_per_pixel", validation = "validation_mse_per_pixel", unit = "mse_per_pixel" }
"""
SCRIPT = """
import json, sys
from pathlib import Path
from report.sections.source import source_text
from report.tables.catalogue import all_tables
from report.inference.verdicts import judge_all
from tests.report.conftest import subject_of
from tests.report.study import MODELS, Spec, write_study

write_study(Path("artifacts"), Spec(models=(*MODELS, "sae")))
subject = subject_of(Path("artifacts"))
tables = {name: [[cell.text for cell in row] for row in table.rows] for name, table in all_tables(subject).items()}
text = source_text(subject, Path("figures"))
verdicts = {one.claim.id: [one.verdict, one.p] for one in judge_all(subject)}
json.dump({"tables": tables, "text": text, "verdicts": verdicts}, sys.stdout)
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, list[list[str]]] | str]:
    """Tables and text of a study with a fourth model, built in a copy of the project that differs in that block."""
    copy = tmp_path_factory.mktemp("project")
    for name in COPIED:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(ROOT / "pyproject.toml", copy / "pyproject.toml")
    with (copy / "data" / "studies" / "assignment_2" / "study.toml").open("a", encoding="utf-8") as file:
        file.write(BLOCK)
    surroundings = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(command, cwd=copy, env=surroundings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def test_the_tables_show_it_and_a_dash_where_nothing_is_published(found: dict[str, dict[str, list[list[str]]]]) -> None:
    """Losses, scores, traits and sizes have its numbers; the published columns have none."""
    losses = {row[0]: row for row in found["tables"]["losses"]}
    assert losses["Sparse AE training MSE"][1] == "\N{EN DASH}"
    assert losses["Sparse AE training MSE"][2] == losses["AE training MSE"][2]
    scores = {row[0]: row for row in found["tables"]["classification"]}
    assert scores["Sparse AE accuracy (%)"][1] == "\N{EN DASH}"
    assert scores["Sparse AE accuracy (%)"][2] != "\N{EN DASH}"
    assert [row[-1] for row in found["tables"]["traits"][:5]] == ["\N{EN DASH}"] * 5
    assert "Sparse AE classifier" in [row[0] for row in found["tables"]["networks"]]
    settings = {row[0]: row for row in found["tables"]["hyperparameters"]}
    assert [settings["Sparse AE"][place] for place in (1, 2, 4, 5)] == ["\N{EN DASH}"] * 4
    assert any(row[0] == "DAE\N{MINUS SIGN}Sparse AE" for row in found["tables"]["classifier-pairs"])


def test_the_figures_have_its_panels(found: dict[str, str]) -> None:
    """Its reconstructions and its confusion matrix stand beside the others, with captions that name it."""
    for figure in ("pairs-sae", "confusion-sae"):
        assert f"figures/{figure}.svg" in found["text"]
    assert found["text"].count("the source has no such model") == 2
    assert "Sparse AE classifier" in found["text"]


def test_no_verdict_changes(found: dict[str, dict[str, list[object]]], whole: object) -> None:
    """The published claims fare as they do without it, to the last digit of their P values."""
    from report.inference.verdicts import judge_all  # beside the copy's own

    part_one = {
        one.claim.id: [one.verdict, one.p]
        for one in judge_all(whole)  # type: ignore[arg-type]
        if not any(selector.experiment.startswith("dete") for selector in one.claim.select)
    }
    assert {name: found["verdicts"][name] for name in part_one} == part_one
