"""The first lines of a report: what was run, on what, what is missing, and the command that computes it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from report.sections import run
from store.runs import MERGE
from tests.report.detection_study import EPOCHS

if TYPE_CHECKING:
    from report.evidence.subject import Subject


def without(subject: Subject, experiment: str) -> Subject:
    """The run without the tasks of one experiment."""
    cells = {cell: records for cell, records in subject.evidence.cells.items() if cell[0] != experiment}
    return replace(subject, evidence=replace(subject.evidence, cells=cells))


def commanded(subject: Subject, *words: str) -> Subject:
    """The run as if this command had made it."""
    made = subject.evidence.run.model_copy(update={"command": ("python", "-m", "bench", "run", *words)})
    return replace(subject, evidence=replace(subject.evidence, run=made))


def test_a_whole_run_leaves_nothing_out(whole: Subject) -> None:
    """No notice where every part was asked for and every task has a result."""
    vocabulary = whole.study.vocabulary
    absent = {one.part for one in vocabulary.experiments.values()} - {"autoencoders", "detection"}
    assert absent == set()
    facts = run.left_out(whole)
    assert (facts["parts"], facts["reasons"], facts["shown"]) == ("", (), False)


def test_a_part_that_was_not_asked_for_is_named_with_its_command(single: Subject) -> None:
    """The command is the run's own without its choice of parts, written either way."""
    for words in (("--parts", "autoencoders", "--seeds", "0"), ("--parts=autoencoders", "--seeds", "0")):
        facts = run.left_out(commanded(single, *words))
        assert facts["shown"]
        assert facts["parts"] == "Detection"
        assert (facts["cure"], facts["command"]) == ("left_out.command", "python -m bench run --seeds 0")


def test_a_merge_computes_nothing_that_was_left_out(single: Subject) -> None:
    """Its command is told as what joins a further run to the others."""
    made = single.evidence.run.model_copy(update={"command": (*MERGE, "paper-1", "paper-2")})
    facts = run.left_out(replace(single, evidence=replace(single.evidence, run=made)))
    assert (facts["cure"], facts["command"]) == ("left_out.merged", "python -m bench merge paper-1 paper-2")


def test_device_time_and_commit_are_those_of_the_records(whole: Subject) -> None:
    """Every machine once, the time of all tasks together (of a detector that of its epochs), the commit in seven digits."""
    facts = run.summary(whole)
    assert facts["device"] == "Test CPU (cpu)"
    assert facts["commit"] == "0123abc"
    everything = whole.evidence.everything()
    detectors = sum(stored.record.task.experiment == "detector" for stored in everything)
    assert facts["duration"] == whole.numbers.duration(12.5 * (len(everything) - detectors) + 20.0 * EPOCHS * detectors)


def test_what_failed_for_want_of_another_is_not_a_reason_of_its_own(broken: Subject) -> None:
    """A skipped task whose upstream has no result is counted, and the upstream alone is explained."""
    cause = broken.evidence.incomplete("autoencoder", "vae")[0]
    follower = broken.evidence.incomplete("classifier", "dae")[0]
    ingredients = follower.record.ingredients.model_copy(update={"upstream": {cause.record.task.id: "0" * 64}})
    moved = replace(follower, record=follower.record.model_copy(update={"ingredients": ingredients}))
    cells = {("autoencoder", "vae"): (cause,), ("classifier", "dae"): (moved,)}
    reduced = replace(broken, evidence=replace(broken.evidence, cells=cells))
    (reason,) = run.left_out(reduced)["reasons"]  # type: ignore[misc]
    assert "loss is NaN in epoch 3" in str(reason)
    assert run.summary(reduced)["count"] == 2
