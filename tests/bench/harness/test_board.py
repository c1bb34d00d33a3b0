"""Which task goes to which slot: GPUs and CPUs, memory, and what happens to a task whose worker is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.harness.closure import closure_of
from bench.harness.executor import Site, run_all
from bench.harness.planner import Planned
from bench.harness.slots import Lost, Slot
from bench.harness.task import ON_CPU, Needs, Task
from store.errors import StudyError
from store.records import MANIFEST, folder_of
from store.runs import load_record
from store.schema import Ingredients, TaskKey
from tests.bench.harness.scripted import ScriptedExecutor
from tests.limits import a_minute

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from store.records import Stored

MODULE = "tests.bench.harness.stand_in"
ON_GPU = Needs()


def planned(variant: str, *, needs: Needs = ON_GPU, upstream: Sequence[Planned] = ()) -> Planned:
    """A stand-in task that must run; on a GPU where it needs one."""
    names = tuple(item.id for item in upstream)
    task = Task(TaskKey(experiment="stand-in", variant=variant, seed=0), MODULE, {}, (), names, needs)
    ingredients = Ingredients(
        config={},
        code=closure_of(MODULE).code,
        inputs={},
        upstream={item.id: item.fingerprint for item in upstream},
        environment={"device": "cuda:Card" if needs.gpu else "cpu"},
    )
    return Planned(task, ingredients, ingredients.fingerprint(task.key), "run", "new")


def slots(*, cpus: int = 0, gpus: int = 0, pool: str = "here", memory_mb: int = 4096, elastic: bool = True) -> list[Slot]:
    """Slots of one pool."""
    named = [(f"{pool}/gpu-{number}", True) for number in range(gpus)]
    named += [(f"{pool}/cpu-{number}", False) for number in range(cpus)]
    return [Slot(name, pool, gpu=gpu, memory_bytes=memory_mb * 2**20, elastic=elastic) for name, gpu in named]


def never(_name: str, _start: int) -> Lost | None:
    """Nothing is lost."""
    return None


def run(items: Sequence[Planned], executor: ScriptedExecutor, root: Path, jobs: int | None = None) -> dict[str, Stored]:
    """Run the tasks on the scripted executor; CUDA is only a word to the stand-ins."""
    done = run_all(items, Site(root, 1, {}, lambda: executor, jobs), lambda _event: None)
    assert executor.closed
    return done


@pytest.fixture(autouse=True)
def _no_gpu_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand-ins on GPU slots run on a machine without any."""
    from bench.harness import worker
    from bench.harness.provenance import Provenance

    monkeypatch.setattr(worker, "provenance_of", lambda device: Provenance({"device": device}, {}, None, None))


def test_tasks_without_gpu_run_on_cpu_slots_beside_those_with_one(tmp_path: Path) -> None:
    """Two trainings fill the GPUs, and the scoring does not wait for them although it comes last."""
    items = [planned("train-a"), planned("train-b"), planned("train-c"), planned("score", needs=ON_CPU)]
    executor = ScriptedExecutor(slots(cpus=1, gpus=2), never)
    done = run(items, executor, tmp_path)
    assert {name: slot.gpu for name, slot, _ in executor.beside} == {item.id: item.on_gpu for item in items}
    assert [name for name, _, _ in executor.beside][:3] == [items[0].id, items[1].id, items[3].id]
    devices = {name: stored.record.execution.machine["device"] for name, stored in done.items()}
    assert devices == {item.id: "cuda" if item.on_gpu else "cpu" for item in items}


def test_a_record_without_end_is_replaced_unread(tmp_path: Path) -> None:
    """What is written in its place is not compared with it first."""
    item = planned("first")
    manifest = folder_of(tmp_path, item.task.key, item.fingerprint) / MANIFEST
    manifest.parent.mkdir(parents=True)
    manifest.write_bytes(b'{"files": [' + b"1," * 3_000_000 + b"1]}")
    with a_minute():
        done = run([item], ScriptedExecutor(slots(gpus=1), never), tmp_path)
    assert load_record(manifest.parent).record == done[item.id].record


def test_a_slot_takes_tasks_as_far_as_memory_goes(tmp_path: Path) -> None:
    """Of three tasks of 2.5 GB two never share 4 GB, but a small one runs beside each."""
    large = [planned(f"large-{number}", needs=Needs(gpu=False, memory_mb=2500)) for number in range(3)]
    small = planned("small", needs=Needs(gpu=False, memory_mb=500))
    executor = ScriptedExecutor(slots(cpus=4), never)
    run([*large, small], executor, tmp_path)
    names = {item.id for item in large}
    assert not any(name in names and names & set(others) for name, _, others in executor.beside)
    assert any(others for _, _, others in executor.beside)


def test_jobs_limits_what_runs_at_a_time(tmp_path: Path) -> None:
    """Four slots, but two tasks at a time."""
    executor = ScriptedExecutor(slots(cpus=4), never)
    run([planned(f"n{number}", needs=ON_CPU) for number in range(5)], executor, tmp_path, jobs=2)
    assert max(len(others) for _, _, others in executor.beside) == 1


@pytest.mark.parametrize("elastic", [True, False])
def test_a_task_larger_than_the_memory_runs_alone_or_is_refused(tmp_path: Path, *, elastic: bool) -> None:
    """A machine may try, with its swap; a cluster's worker would be ended, so that nobody starts there."""
    items = [planned("small", needs=ON_CPU), planned("large", needs=Needs(gpu=False, memory_mb=9000))]
    executor = ScriptedExecutor(slots(cpus=2, elastic=elastic), never)
    if not elastic:
        with pytest.raises(StudyError, match=r"no slot suits stand-in/large/seed-0 \(9000 MB\)"):
            run(items, executor, tmp_path)
        assert executor.closed
        return
    run(items, executor, tmp_path)
    assert [others for name, _, others in executor.beside if name == items[1].id] == [()]


def test_a_need_that_no_slot_meets_is_an_error_that_names_it(tmp_path: Path) -> None:
    """A GPU that nobody has is no reason to wait for ever; what could run has run."""
    items = [planned("train"), planned("score", needs=ON_CPU)]
    executor = ScriptedExecutor(slots(cpus=1), never)
    with pytest.raises(StudyError, match=r"no slot suits stand-in/train/seed-0 \(a GPU and 1024 MB\)"):
        run(items, executor, tmp_path)
    assert (tmp_path / "records" / items[1].id).is_dir()


def test_a_lost_task_is_tried_elsewhere_then_alone_and_then_fails(tmp_path: Path) -> None:
    """Two lost workers, the second one elsewhere, then a start beside nobody; a third loss is a failed record."""
    items = [planned("killer", needs=ON_CPU), *(planned(f"n{number}", needs=ON_CPU) for number in range(4))]

    def script(name: str, _: int) -> Lost | None:
        return Lost(name, "gone") if "killer" in name else None

    executor = ScriptedExecutor([*slots(cpus=2, pool="a"), *slots(cpus=2, pool="b")], script, losses_before_alone=2)
    done = run(items, executor, tmp_path)
    tries = [(slot.pool, others) for name, slot, others in executor.beside if name == items[0].id]
    assert [pool for pool, _ in tries][:2] == ["a", "b"]
    last_pool, others = tries[2]
    beside = {name for name in others for other, slot, _ in executor.beside if other == name and slot.pool == last_pool}
    assert (len(tries), beside) == (3, set())
    record = done[items[0].id].record
    assert (record.status, record.result.reason) == ("failed", "lost 3 times, the last time alone: gone")
    assert {done[item.id].record.status for item in items[1:]} == {"ok"}


def test_a_loss_that_is_not_the_tasks_fault_is_no_strike(tmp_path: Path) -> None:
    """A network that is cut ten times makes no failed record."""
    item = planned("patient", needs=ON_CPU)
    executor = ScriptedExecutor(
        slots(cpus=1), lambda name, start: Lost(name, "network cut", blamed=False) if start <= 10 else None
    )
    assert run([item], executor, tmp_path)[item.id].record.status == "ok"
    assert executor.starts[item.id] == 11
