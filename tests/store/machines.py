"""Runs of a small study as several machines would make them: two tasks without a seed, and a network and classifier a seed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from store.archive import export_run, import_run
from store.records import Draft, commit
from store.runs import run_id_of, write_run
from store.schema import Execution, Ingredients, Result, Run, RunEntry, TaskKey

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from store.archive import Imported
    from store.records import Stored
    from store.schema import Status

EXTRA = "trial/ae.beta-1.0"
LEAF, ONCE, NETWORK, CLASSIFIER = "latent/pixels/once", "architecture/ae/once", "autoencoder/ae", "classifier/ae"


@dataclass(frozen=True, slots=True)
class Machine:
    """How a machine makes its records. ``seconds`` differ on every machine, ``values`` override a task's metric by its id.

    ``states`` override a task's status; ``environment`` and ``code`` enter the fingerprints; ``linked`` classifiers read the
    architecture as well as their network; ``extra`` adds a task on the first seed alone.
    """

    seconds: float = 1.0
    seeds: tuple[int, ...] = (0,)
    environment: str = "cpu"
    code: str = "a"
    parts: tuple[str, ...] = ("autoencoders",)
    settings: Mapping[str, object] = field(default_factory=dict)
    values: Mapping[str, float] = field(default_factory=dict)
    states: Mapping[str, Status] = field(default_factory=dict)
    profile: str = "quick"
    study: str | None = None
    linked: bool = True
    extra: bool = False


def make(root: Path, machine: Machine) -> Run:
    """Commit the machine's records and its run."""
    once = _commit(root, machine, ONCE, ())
    stored = [_commit(root, machine, LEAF, ()), once]
    for seed in machine.seeds:
        network = _commit(root, machine, f"{NETWORK}/seed-{seed}", ())
        stored += [
            network,
            _commit(root, machine, f"{CLASSIFIER}/seed-{seed}", (once, network) if machine.linked else (network,)),
        ]
    stored += [_commit(root, machine, f"{EXTRA}/seed-{machine.seeds[0]}", ())] if machine.extra else []
    entries = [
        RunEntry(task=s.record.task, fingerprint=s.record.fingerprint, status=s.record.status, record_digest=s.record.digest)
        for s in stored
    ]
    fields = {
        "run_id": run_id_of(machine.profile, (entry.fingerprint for entry in entries)),
        "study": machine.study,
        "profile": machine.profile,
        "config": {
            "seeds": list(machine.seeds),
            "parts": list(machine.parts),
            "execution": {"device": machine.environment, "threads": 1},
            **machine.settings,
        },
        "command": ["python", "-m", "bench", "run"],
        "created_at": "2026-01-01T00:00:00+00:00",
    }
    return write_run(root, {**fields, "entries": [entry.model_dump(mode="json") for entry in entries]})


def carried(base: Path, machine: Machine, target: Path, name: str, *, keep_standing: bool = False) -> Imported:
    """Make a run in a store of its own and take it into ``target``."""
    make(base / name, machine)
    export_run(base / name, None, base / f"{name}.tar")
    return import_run(target, base / f"{name}.tar", keep_standing=keep_standing)


def _commit(root: Path, machine: Machine, name: str, upstream: tuple[Stored, ...]) -> Stored:
    experiment, variant, seed = name.split("/")
    task = TaskKey(experiment=experiment, variant=variant, seed=None if seed == "once" else int(seed.removeprefix("seed-")))
    ingredients = Ingredients(
        config={},
        code={"bench.studies.assignment_2.experiments": machine.code * 64},
        inputs={},
        upstream={each.record.task.id: each.record.fingerprint for each in upstream},
        environment={"device": machine.environment},
    )
    made_from = {each.record.task.id: each.record.result_digest for each in upstream}
    status = machine.states.get(name, "skipped" if any(each.record.status != "ok" for each in upstream) else "ok")
    found = status == "ok"
    result = Result(
        status=status,
        reason="" if found else f"for a reason of {machine.seconds} seconds",
        metrics={"value": machine.values.get(name, 1.0)} if found else {},
        upstream_results=made_from,
    )
    execution = Execution(
        started_at="",
        duration_s=machine.seconds,
        peak_memory_bytes=0,
        machine={"seconds": machine.seconds},
        packages={},
        git_commit=None,
        git_dirty=None,
    )
    files = {"weights.bin": name.encode() * 100} if found else {}
    return commit(root, Draft(task, ingredients, result, files, execution))
