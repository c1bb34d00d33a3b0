"""The section on a certificate: there where the run has one, the same bytes each time, and never of another run."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from report.build import Options, build
from report.printing.markup import finished
from report.sections import certificate as reproduction
from report.tables.reproduction import TONES
from report.tables.reproduction import reproduction as table_of
from store.certificates import write_certificate
from store.errors import IntegrityError
from store.runs import load_run, write_run
from tests.report.conftest import subject_of
from tests.report.study import Spec, write_study

if TYPE_CHECKING:
    from pathlib import Path

    from store.schema import Run, RunEntry

SHA = "cd" * 32
FINDINGS: dict[str, dict[str, Any]] = {
    "bit_identical": {"resumed_stored": [3], "result_again": SHA},
    "consistent": {
        "differences": ["predictions.parquet: score differs"],
        "environment": ["torch 2.12.0 -> 2.13.0"],
        "what": "metrics.macro_f1",
        "stored": 0.5,
        "again": 0.50001,
    },
    "divergence": {"epoch": 3, "parts": ["order", "weights"], "tensors": ["encoder.0.weight", "encoder.0.bias"]},
    "different": {"what": "files.predictions.parquet", "stored": "a" * 64, "again": "b" * 64},
    "not_comparable": {"reason": "code changed: bench.harness.task"},
    "failed": {"reason": "RuntimeError: boom\nand more"},
    "skipped": {"reason": "no pretrained weights"},
    "no_result": {"reason": "no pretrained weights"},
}
EXPECTED = {
    "bit_identical": "resumed after epochs 3 (recorded), \N{EN DASH} (again)",
    "consistent": (
        "metrics.macro_f1: 0.5 recorded, 0.50001 again; files that differ: predictions.parquet: score differs; "
        "environment: torch 2.12.0 -> 2.13.0"
    ),
    "divergence": "first divergence at epoch 3 in data order, weights (encoder.0.weight)",
    "different": f"files.predictions.parquet: {'a' * 12} recorded, {'b' * 12} again",
    "not_comparable": "code changed: bench.harness.task",
    "failed": "RuntimeError: boom",
    "skipped": "no pretrained weights",
    "no_result": "no pretrained weights",
}


def verdict(entry: RunEntry, name: str) -> dict[str, Any]:
    """One task's verdict with what it rests on."""
    fields = {"task": entry.task.model_dump(mode="json"), "fingerprint": entry.fingerprint, "result_stored": SHA}
    return fields | {"verdict": name} | FINDINGS[name]


def certify(root: Path, names: list[str]) -> Run:
    """Write a certificate with these verdicts on the run's first tasks."""
    run = load_run(root)
    side = {"environment": {}, "machines": [{"processor": "Test <CPU>", "device": "cpu"}], "git": ["0123abc"]}
    fields: dict[str, Any] = {
        "run_id": run.run_id,
        "run_digest": run.digest,
        "scope": "as far as it goes",
        "selection": {
            "patterns": ["a*/*"],
            "sample": len(names),
            "sample_seed": "5eed",
            "tasks_in_run": len(run.entries),
            "trainings_in_run": 1,
        },
        "tolerance": {"relative": 1e-3, "deviations": 4.0, "seeds": 3, "cap": 0.05},
        "stored": side,
        "again": side,
        "tasks": [verdict(entry, name) for entry, name in zip(run.entries, names, strict=False)],
        "outcome": "not_reproduced",
        "created_at": "2026-01-02T00:00:00+00:00",
    }
    write_certificate(root, fields)
    return run


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small study without a certificate."""
    write_study(tmp_path, Spec(seeds=(0,), images=50))
    return tmp_path


def test_each_verdict_is_shown_with_what_it_rests_on(root: Path) -> None:
    """One row a task: a word, the epoch and tensor, the values or the reason, and the digest of the result."""
    certify(root, list(FINDINGS))
    table = table_of(subject_of(root))
    assert table is not None
    assert [row[1].tone for row in table.rows] == [TONES[name] for name in FINDINGS]
    assert [row[2].text for row in table.rows] == [EXPECTED[name] for name in FINDINGS]
    assert (table.rows[0][3].text, table.rows[1][3].text) == (SHA[:12], "\N{EN DASH}")
    assert all("@" in row[1].records[0] for row in table.rows)


def test_section_says_what_was_selected_and_where_it_ran(root: Path) -> None:
    """Selection with its seed, both machines, the tolerance; names from outside cannot become markup."""
    certify(root, ["different"])
    facts = reproduction.facts(subject_of(root))
    assert facts["shown"] is True
    text = " ".join(finished(value) for value in facts.values() if isinstance(value, str))
    for words in ("not all of what was selected", "`a*/*`", "`5eed`", "0123abc", "0.1\N{NARROW NO-BREAK SPACE}%"):
        assert words in text
    assert "<CPU>" not in text.replace("\\<", "")


def test_report_shows_the_certificate_of_its_own_run_only(tiny: Path) -> None:
    """Without one there is no section, with one the same bytes come out twice, and another manifest has none again."""
    options = Options(engine="pandoc", formats=("html",), languages=("en",))
    path, *_ = build(tiny, options).outputs
    assert "sec-reproduction" not in path.read_text(encoding="utf-8")
    run = certify(tiny, ["bit_identical", "divergence"])
    assert build(tiny, options).rebuilt
    shown = path.read_bytes()
    assert b"first divergence at epoch 3" in shown
    assert not build(tiny, options).rebuilt
    assert build(tiny, replace(options, force=True)).outputs[0].read_bytes() == shown
    write_run(tiny, run.model_dump(mode="json", exclude={"digest", "schema_version"}) | {"created_at": "2026-03-03"})
    assert build(tiny, options).rebuilt
    assert "sec-reproduction" not in path.read_text(encoding="utf-8")


def test_an_altered_certificate_stops_the_build(root: Path) -> None:
    """A verdict that was edited is damage, as an edited record is."""
    certify(root, ["different"])
    (path,) = root.glob("runs/*/certificate.json")
    path.write_text(path.read_text(encoding="utf-8").replace('"different"', '"consistent"'), encoding="utf-8")
    with pytest.raises(IntegrityError, match="altered"):
        build(root, Options(engine="pandoc", formats=("html",)))


def test_a_certificate_that_came_from_elsewhere_is_a_claim(root: Path) -> None:
    """What this store ran again itself is a finding; in a copy of the folder it is claimed, and the report says so."""
    certify(root, ["bit_identical"])
    assert reproduction.facts(subject_of(root))["standing"] == ""
    copy = root.with_name("copy")
    shutil.copytree(root, copy)
    assert "Claimed, not checked here" in str(reproduction.facts(subject_of(copy))["standing"])


def test_outcome_gives_the_counts(root: Path) -> None:
    """How many of each verdict, and of a run that has almost no result not that it came out as recorded."""
    certify(root, ["bit_identical", "no_result", "no_result"])
    run = load_run(root)
    fields = json.loads((root / "runs" / run.run_id / "certificate.json").read_text())
    write_certificate(root, {**fields, "outcome": "incomplete"})
    text = str(reproduction.facts(subject_of(root))["outcome"])
    assert "1 bit-identical, 2 no result to reproduce" in text
    assert "too little of what was selected has a result" in text
