"""Runs that were made apart become one: seeds and parts are united, what contradicts is named, and the result is sound."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from store import merging, uniting
from store.audit import AuditedRecord
from store.errors import IntegrityError, UsageError
from store.merging import Merged
from store.merging import merge_runs as merge
from store.records import folder_of
from store.runs import latest_run_id, load_entry, load_run, resealed, save_run
from store.schema import Execution, Ingredients, Record, Result, TaskKey
from tests.store.machines import CLASSIFIER, EXTRA, LEAF, NETWORK, ONCE, Machine, carried, make
from tests.store.test_archive import content
from tests.store.test_settling import problems, seconds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

A, B = Machine(seconds=1.0, seeds=(0, 1)), Machine(seconds=2.0, seeds=(3, 2))


def asked(config: Mapping[str, Any]) -> set[str]:
    """Every task of the small study, and one that no run has; its extra task belongs to the first seed alone."""
    seeds = config["seeds"]
    each = {f"{kind}/seed-{seed}" for kind in (NETWORK, CLASSIFIER) for seed in seeds}
    return {LEAF, ONCE, *each, f"{EXTRA}/seed-{seeds[0]}", "unknown/ae/seed-0"}


def merge_runs(root: Path, names: Sequence[str]) -> Merged:
    """Merge runs of the small study."""
    return merge(root, names, asked)


def both(root: Path, first: Machine, second: Machine) -> tuple[str, str]:
    """Two runs in one store; the first one's names first."""
    return make(root, first).run_id, make(root, second).run_id


def test_seeds_of_two_machines_become_one_run(tmp_path: Path) -> None:
    """It has every seed in order, each record is of the machine that made it, it is the latest, and it is sound."""
    first = make(tmp_path / "a", A).run_id
    second = carried(tmp_path, B, tmp_path / "a", "b").run_id
    done = merge_runs(tmp_path / "a", [first, second])
    assert (done.written, done.choices, latest_run_id(tmp_path / "a")) == (True, (), done.run.run_id)
    assert done.run.config["seeds"] == [0, 1, 2, 3]
    assert problems(tmp_path / "a", done.run.run_id) == []
    made = seconds(tmp_path / "a", done.run)
    assert len(made) == 10
    assert [made[f"{NETWORK}/seed-{seed}"] for seed in range(4)] == [1.0, 1.0, 2.0, 2.0]


def test_the_same_merge_again_changes_nothing(tmp_path: Path) -> None:
    """In either order, and with a run that is part of the whole: the run is there, and only the latest moves."""
    first, second = both(tmp_path, A, B)
    whole = merge_runs(tmp_path, [first, second]).run
    before = content(tmp_path)
    for names in ([first, second], [second, first], [whole.run_id, second], [first, whole.run_id, second, second]):
        again = merge_runs(tmp_path, names)
        assert (again.run, again.written) == (whole, False)
    assert content(tmp_path) == before


def test_one_run_has_one_source(tmp_path: Path) -> None:
    """Also where tasks of different kinds are of different source, so that no mean over seeds mixes them."""
    runs = [make(tmp_path / name, replace(A, code=name)) for name in ("a", "b")]
    one, other = (
        {e.task.id: load_entry(tmp_path / n, e).record for e in run.entries} for n, run in zip("ab", runs, strict=True)
    )
    merging._check_one_source(one)
    with pytest.raises(UsageError, match="once and classifier/ae/seed-0 were made with different contents of module"):
        merging._check_one_source({LEAF: one[LEAF], f"{CLASSIFIER}/seed-0": other[f"{CLASSIFIER}/seed-0"]})


def test_parts_and_questions_are_united(tmp_path: Path) -> None:
    """By number and by name, whatever the order of the runs."""
    other = Machine(seeds=(1, 0), parts=("detection",), settings={"questions": ["main"]})
    names = both(tmp_path, other, Machine(seeds=(1,), settings={"questions": ["leakage"]}))
    config = merge_runs(tmp_path, names).run.config
    assert (config["seeds"], config["parts"], config["questions"]) == (
        [0, 1],
        ["autoencoders", "detection"],
        ["leakage", "main"],
    )


def test_the_alternatives_of_a_question_are_united_where_it_is_asked(tmp_path: Path) -> None:
    """Some on one machine and some on another; the list of a run that does not ask counts for nothing, nor does the order."""

    def machine(seconds: float, questions: list[str], alternatives: list[str], seeds: int = 3) -> Machine:
        settings = {"questions": questions, "inference": {"alternatives": alternatives, "seeds": seeds}}
        return Machine(seconds=seconds, seeds=(int(seconds),), settings=settings)

    made = [
        machine(0, ["inference"], ["vae.beta=1.0", "head=[128]"]),
        machine(1, ["inference"], ["vae.beta=1.0", "batch=64"]),
        machine(2, ["main"], ["head=[9]"]),
    ]
    names = [make(tmp_path, each).run_id for each in made]
    for order in (names, names[::-1]):
        config = merge_runs(tmp_path, order).run.config
        assert config["inference"] == {"alternatives": ["batch=64", "head=[128]", "vae.beta=1.0"], "seeds": 3}
    alike = [make(tmp_path / "b", replace(each, settings=made[0].settings)).run_id for each in made]
    assert merge_runs(tmp_path / "b", alike).run.config["inference"] == made[0].settings["inference"]
    other = make(tmp_path, machine(3, ["inference"], ["vae.beta=1.0"], seeds=1)).run_id
    with pytest.raises(UsageError, match=r"inference\.seeds 3 and 1"):
        merge_runs(tmp_path, [names[0], other])


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (replace(B, profile="paper"), "profile quick and paper"),
        (replace(B, study="another"), "study None and another"),
        (replace(B, settings={"vae": {"beta": 1.0}}), "vae.beta None and 1.0"),
        (replace(B, code="b", linked=False), "seed-0 and autoencoder/ae/seed-3 were made from different code"),
    ],
)
def test_runs_of_different_studies_are_refused(other: Machine, expected: str, tmp_path: Path) -> None:
    """The setting, or the task whose seeds were made by another program, is named; nothing is written."""
    names = both(tmp_path, A, other)
    before = content(tmp_path)
    with pytest.raises(UsageError, match=expected) as caught:
        merge_runs(tmp_path, names)
    assert caught.value.cure
    assert content(tmp_path) == before


def test_a_study_with_holes_is_refused(tmp_path: Path) -> None:
    """A task without one of the seeds that the others have would make means over different seeds."""
    names = both(tmp_path, A, B)
    run = load_run(tmp_path, names[1])
    save_run(tmp_path, resealed(run, [entry for entry in run.entries if entry.task.experiment != "classifier"]))
    with pytest.raises(UsageError, match=f"none has {CLASSIFIER}/seed-2, {CLASSIFIER}/seed-3"):
        merge_runs(tmp_path, names)


def test_a_task_that_the_whole_does_not_ask_for_is_left_out(tmp_path: Path) -> None:
    """Each machine has a trial on its own first seed; of the merged run's seeds only one is the first."""
    done = merge_runs(tmp_path, both(tmp_path, replace(A, extra=True), replace(B, extra=True)))
    assert done.left_out == (f"{EXTRA}/seed-3",)
    named = {entry.task.id for entry in done.run.entries}
    assert (f"{EXTRA}/seed-0" in named, f"{EXTRA}/seed-3" in named) == (True, False)
    assert problems(tmp_path, done.run.run_id) == []


def test_one_run_is_no_merge(tmp_path: Path) -> None:
    """Nor is the same run twice."""
    name = make(tmp_path, A).run_id
    with pytest.raises(UsageError, match="two runs or more"):
        merge_runs(tmp_path, [name, name])


def test_of_tasks_without_a_seed_the_first_runs_record_is_taken(tmp_path: Path) -> None:
    """They differ in the environment alone, and nothing was made from them: each choice is said."""
    other = replace(B, environment="cuda:X", linked=False, values={LEAF: 9.0})
    first, second = both(tmp_path, replace(A, linked=False), other)
    done = merge_runs(tmp_path, [first, second])
    assert problems(tmp_path, done.run.run_id) == []
    assert seconds(tmp_path, done.run)[LEAF] == 1.0
    assert [line.partition(":")[0] for line in done.choices] == [LEAF, ONCE]
    assert done.choices[0].endswith(f"of {second}: they differ in environment")
    assert done.choices[1].endswith("they differ in environment, equal results")
    assert "(" not in done.choices[1]  # both are finished: no status is told


def test_a_choice_that_contradicts_what_was_made_from_it_is_refused(tmp_path: Path) -> None:
    """The classifiers of the second machine were made from its own architecture record."""
    first, second = both(tmp_path, A, replace(B, environment="cuda:X"))
    with pytest.raises(IntegrityError, match=rf"no record of {CLASSIFIER}/seed-\d was made from"):
        merge_runs(tmp_path, [first, second])


def test_two_results_of_one_seed_are_refused(tmp_path: Path) -> None:
    """Both fingerprints are named: nobody can say which is the one."""
    runs = [
        make(tmp_path, replace(A, environment=name, values={f"{NETWORK}/seed-0": value}))
        for name, value in (("cpu", 1), ("x", 2))
    ]
    prints = [entry.fingerprint[:12] for run in runs for entry in run.entries if entry.task.id == f"{NETWORK}/seed-0"]
    with pytest.raises(UsageError, match=f"{prints[0]} of .*{prints[1]} of ") as caught:
        merge_runs(tmp_path, [run.run_id for run in runs])
    assert "different environment" in str(caught.value)


def test_a_finished_record_goes_before_a_failed_one(tmp_path: Path) -> None:
    """Here of another environment: the failed network and what was skipped for it give way together."""
    broken = Machine(environment="cuda:X", states={f"{NETWORK}/seed-0": "failed"}, linked=False)
    first, second = both(tmp_path, broken, Machine(seconds=2.0, linked=False))
    done = merge_runs(tmp_path, [first, second])
    assert {entry.status for entry in done.run.entries} == {"ok"}
    assert any("(ok, not failed)" in line for line in done.choices)
    assert problems(tmp_path, done.run.run_id) == []


def test_a_run_whose_failed_record_was_replaced_can_be_merged(tmp_path: Path) -> None:
    """Its manifest is behind, and the other run names the record that stands."""
    behind = make(tmp_path, replace(A, states={f"{NETWORK}/seed-0": "failed"}))
    make(tmp_path, replace(A, seeds=(0,)))
    assert problems(tmp_path, behind.run_id) != []
    second = make(tmp_path, replace(B, seeds=(0, 2))).run_id
    assert problems(tmp_path, merge_runs(tmp_path, [behind.run_id, second]).run.run_id) == []


def test_a_damaged_record_stops_the_merge(tmp_path: Path) -> None:
    """It is named, and no run is written."""
    names = both(tmp_path, A, B)
    entry = load_run(tmp_path, names[1]).entries[-1]
    (folder_of(tmp_path, entry.task, entry.fingerprint) / "weights.bin").write_bytes(b"x")
    before = content(tmp_path)
    with pytest.raises(IntegrityError, match=r"weights\.bin"):
        merge_runs(tmp_path, names)
    assert content(tmp_path) == before


def test_lists_of_two_runs_are_united_in_one_order() -> None:
    """Numbers by their size, then names by theirs, each once; what is no list or no name is left out."""
    assert uniting._union([[2, 10, "b"], ["a", 2, None], "x", None]) == [2, 10, "a", "b"]
    assert uniting._union([["10", 9]]) == [9, "10"]


@pytest.mark.parametrize(("count", "words"), [(3, "s0 1 and 2; s1 1 and 2; s2 1 and 2"), (5, "s2 1 and 2 and 2 more")])
def test_three_of_what_differs_are_named_and_the_rest_counted(tmp_path: Path, count: int, words: str) -> None:
    """With both values."""
    one, other = ({f"s{number}": value for number in range(count)} for value in (1, 2))
    names = both(tmp_path, Machine(settings=one), Machine(seeds=(1,), settings=other))
    with pytest.raises(UsageError) as caught:
        merge_runs(tmp_path, names)
    assert caught.value.what.endswith(words)


@pytest.mark.parametrize(("count", "words"), [(3, "none has a/0, a/1, a/2"), (4, "none has a/0, a/1, a/2 and 1 more")])
def test_three_of_what_is_lacking_are_named_and_the_rest_counted(count: int, words: str) -> None:
    """Of kinds that some run has; a kind that none has counts for neither side."""
    wanted = [*(f"a/{number}" for number in range(count)), "b/0"]
    with pytest.raises(UsageError) as caught:
        merging._surplus(wanted, ["a/9"])
    assert caught.value.what.endswith(words)
    assert caught.value.where == f"{count} tasks of the merged configuration"
    assert merging._surplus(["a/1", "b/0"], ["a/1", "a/2", "c/0"]) == ("a/2",)


def record_of(name: str, *, upstream: tuple[str, ...] = (), code: str = "1", data: str = "1") -> Record:
    """A finished record; its code and its data have these digests."""
    experiment, variant = name.split("/")
    made_from = {f"{one}/once": "0" * 64 for one in upstream}
    return Record(
        task=TaskKey(experiment=experiment, variant=variant, seed=None),
        fingerprint="0" * 64,
        ingredients=Ingredients(config={}, code={"m": code * 64}, inputs={"d": data * 64}, upstream=made_from, environment={}),
        result=Result(status="ok", upstream_results=made_from),
        files=(),
        result_digest="0" * 64,
        execution=Execution(
            started_at="", duration_s=0, peak_memory_bytes=0, machine={}, packages={}, git_commit=None, git_dirty=None
        ),
        digest="0" * 64,
    )


def option(record: Record) -> merging._Option:
    """A run's only record of its task."""
    return merging._Option("run", AuditedRecord(Path(), None, intact=True, problems=()), record)


def test_records_that_were_made_from_each_other_have_no_order() -> None:
    """A forged circle is refused; what is made from a task that is not merged waits for nothing."""
    circle = {f"{name}/once": [option(record_of(name, upstream=(other,)))] for name, other in (("a/x", "b/x"), ("b/x", "a/x"))}
    with pytest.raises(IntegrityError, match=r"made from each other: \['a/x/once', 'b/x/once'\]"):
        merging._choose(circle, [])
    alone = {"a/x/once": [option(record_of("a/x", upstream=("z/x",)))]}
    assert list(merging._choose(alone, [])) == ["a/x/once"]


@pytest.mark.parametrize(("changed", "words"), [({"code": "2"}, "module m"), ({"data": "2"}, "data set d")])
def test_one_run_has_one_source_and_one_content_of_each_data_set(changed: dict[str, str], words: str) -> None:
    """Whichever tasks they are of; equal ones are."""
    first = record_of("a/x")
    merging._check_one_source({"a": first, "b": record_of("b/x")})
    with pytest.raises(UsageError, match=f"a/x/once and b/x/once were made with different contents of {words}"):
        merging._check_one_source({"a": first, "b": record_of("b/x", **changed)})
