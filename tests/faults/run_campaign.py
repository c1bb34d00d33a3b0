"""Kills whole runs, or one of their workers, again and again: ``python -m tests.faults.run_campaign DIR [KILLS [SEED]]``."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from store.audit import record_folders
from tests.faults.run_process import (
    complete,
    differences,
    equal_digests,
    event_kinds,
    log_of,
    prepare,
    reaches,
    start,
    workers_of,
)

_MAX_EVENTS = 4  # a moment is at most so many events ahead: a run has about 80, and is killed in each of its phases
_MAX_S = 10.0  # or at most so many seconds: workers have loaded torch by then
# Half of the faults are the hard kill of the parent, a quarter that of a worker, the rest what a user or a system sends.
_FAULTS = ("kill", "kill", "kill", "kill", "worker", "worker", "terminate", "interrupt")
_SIGNALS = {"kill": signal.SIGKILL, "terminate": signal.SIGTERM, "interrupt": signal.SIGINT}
# How a run may end: a signal before the program has taken charge of it ends it as any program; a worker's task is tried
# again at once, a detector whose trainer died is a failed record until the next run.
_ENDINGS = {
    "nothing": {0},
    "kill": {0, -signal.SIGKILL},
    "worker": {0},
    "trainer": {0, 1},
    "terminate": {0, 130, -signal.SIGTERM},
    "interrupt": {0, 130, -signal.SIGINT},
}


@dataclass(slots=True)
class _Campaign:
    """What was found so far; ``problems`` are lost, corrupt and differing records, and runs that ended as they should not.

    ``during`` counts kills by the event that the run had told of last; ``equal`` are records whose result has the very
    digest of the undisturbed one, which leaves detectors that were resumed, and what was made from them.
    """

    base: Path
    chance: random.Random
    kills: Counter[str] = field(default_factory=Counter)
    during: Counter[str] = field(default_factory=Counter)
    problems: dict[str, list[str]] = field(default_factory=lambda: {"lost": [], "corrupt": [], "differing": [], "failed": []})
    stores: int = 0
    compared: int = 0
    equal: int = 0

    @property
    def whole(self) -> Path:
        """The store of the undisturbed run."""
        return self.base / "whole"


def campaign(base: Path, kills: int, seed: int) -> dict[str, object]:
    """Kill until ``kills`` are done, on one store after the other; each is then finished and compared with the whole."""
    prepare(base)
    one = _Campaign(base, random.Random(seed))  # noqa: S311 - moments that can be repeated are no secret
    code = start(base, one.whole).wait()
    assert code == 0, log_of(one.whole).read_text()
    while one.kills.total() < kills:
        one.stores += 1
        _chain(one, kills)
        sys.stderr.write(f"{json.dumps(_facts(one))}\n")
    return {**_facts(one), "seed": seed, "records": len(record_folders(one.whole))}


def _facts(one: _Campaign) -> dict[str, object]:
    facts: dict[str, object] = {"kills": one.kills.total(), "by_fault": dict(one.kills), "during": dict(one.during)}
    facts |= {"stores": one.stores, "records_compared": one.compared, "equal_result_digests": one.equal}
    return {**facts, **one.problems}


def _chain(one: _Campaign, kills: int) -> None:
    """Disturb one store, each time with the same command, until it is complete or there were enough kills; then compare."""
    root = one.base / f"store-{one.stores}"
    known: dict[Path, str] = {}
    ended = False
    while not ended and one.kills.total() < kills:
        ended = _disturbed(one, root)
        _look(one, root, known)
    process = start(one.base, root)
    if process.wait() != 0:
        one.problems["failed"].append(f"{root.name}: the last run ended with {process.returncode}: see {log_of(root)}")
    _look(one, root, known)
    one.problems["differing"] += differences(one.whole, root)
    one.compared += len(record_folders(one.whole))
    one.equal += equal_digests(one.whole, root)


def _disturbed(one: _Campaign, root: Path) -> bool:
    """Start the run and strike at a random moment, twice where a worker is hit first; True where it ended well all the same."""
    process = start(one.base, root, jobs=one.chance.choice((1, 1, 2)))
    done = [_strike(one, process, root, one.chance.choice(_FAULTS)) if _moment(one, process, root) else "nothing"]
    if done[0] in {"worker", "trainer"} and _moment(one, process, root):
        done.append(_strike(one, process, root, one.chance.choice(tuple(_SIGNALS))))
    code = process.wait()
    if not any(code in _ENDINGS[each] for each in done):
        one.problems["failed"].append(f"{root.name}: after {done} the run ended with {code}: see {log_of(root)}")
    return code == 0


def _moment(one: _Campaign, process: subprocess.Popen[bytes], root: Path) -> bool:
    """Wait for a random moment, half of the time one that progress tells; False where the run ended before."""
    chance = one.chance
    by_event, event = chance.random() < 0.5, len(event_kinds(root)) + chance.randint(1, _MAX_EVENTS)
    until_s = chance.random() * (1.0 if by_event else _MAX_S)
    if by_event and not reaches(process, root, event):
        return False
    try:
        process.wait(until_s)
    except subprocess.TimeoutExpired:
        return True
    return False


def _strike(one: _Campaign, process: subprocess.Popen[bytes], root: Path, fault: str) -> str:
    """Send the signal to the run or to one of its workers; returns what was done: without workers, it is the run."""
    workers = workers_of(process.pid) if fault == "worker" else []
    target, done = one.chance.choice(workers) if workers else (process.pid, "kill" if fault == "worker" else fault)
    try:
        os.kill(target, _SIGNALS.get(done, signal.SIGKILL))
    except ProcessLookupError:  # it has just ended by itself
        return "nothing"
    one.kills[done] += 1
    one.during[(event_kinds(root) or ["planning"])[-1]] += 1
    return done


def _look(one: _Campaign, root: Path, known: dict[Path, str]) -> None:
    """Whatever presents itself as complete must be sound, and what was complete before must still be the same."""
    found, problems = complete(root)
    one.problems["corrupt"] += problems
    one.problems["lost"] += [str(folder) for folder, digest in known.items() if found.get(folder) != digest]
    known.update(found)


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[2:4]]
    print(json.dumps(campaign(Path(sys.argv[1]), *(numbers + [200, 0][len(numbers) :]))))  # noqa: T201 - its answer
