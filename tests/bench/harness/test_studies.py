"""Studies are found by name, and the command line says so where a name is wrong or meant something else once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.cli import main
from bench.harness.studies import default_study, load_study, study_names
from store.errors import UsageError
from store.runs import load_run

if TYPE_CHECKING:
    from pathlib import Path


def test_the_default_study_is_one_of_those_there_are() -> None:
    """What ``data/studies/studies.toml`` names is a package."""
    assert default_study() in study_names()
    assert load_study().name == default_study()


def test_an_unknown_study_names_the_nearest() -> None:
    """A slip in the name is answered with the name that was meant, and all that there are."""
    with pytest.raises(UsageError, match="unknown study 'fashion_benchmarks'") as caught:
        load_study("fashion_benchmarks")
    assert "did you mean fashion_benchmark?" in caught.value.cure
    assert all(name in caught.value.cure for name in study_names())


@pytest.mark.parametrize("old", ["leakage", "main,sensitivity", "sensitivity"])
def test_the_old_spelling_of_questions_names_the_new_one(old: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``--study main,leakage`` once asked questions: exit 2, and the option that does so now."""
    assert main(["plan", "--study", old, "--artifacts", str(tmp_path)]) == 2
    assert f"--question {old}" in capsys.readouterr().err


def test_a_flag_that_the_study_has_no_key_for_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``--strict`` is about labels of street images; a study without them says so."""
    arguments = ["plan", "--study", "fashion_benchmark", "--strict", "--artifacts", str(tmp_path)]
    assert main(arguments) == 2
    assert "leave --strict out" in capsys.readouterr().err


def test_runs_of_two_studies_live_in_one_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each run says of which study it is, and the second leaves the first as it was."""
    common = ["--seeds", "0", "--artifacts", str(tmp_path)]
    small = ["--set", 'rows.only=["extra-tree-gini-10-best"]']
    assert main(["run", "--study", "fashion_benchmark", *small, *common]) == 0
    first = load_run(tmp_path)
    before = (tmp_path / "runs" / first.run_id / "run.json").read_bytes()
    shorter = ["--parts", "autoencoders", "--set", "autoencoder.epochs=1", "--set", "classifier.epochs=1"]
    assert main(["plan", *shorter, *common]) == 0
    assert main(["run", "--study", "fashion_benchmark", *small, *common]) == 0
    assert first.study == "fashion_benchmark"
    assert (tmp_path / "runs" / first.run_id / "run.json").read_bytes() == before
    assert main(["verify", "--artifacts", str(tmp_path)]) == 0
    assert "sound" in capsys.readouterr().out
