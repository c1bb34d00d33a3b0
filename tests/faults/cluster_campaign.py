"""Kills workers, cuts networks: ``python -m tests.faults.cluster_campaign DIR [KILLS [CUTS [SEED [OPTION ...]]]]``.

Three workers under TLS, each with folders of its own, and where root allows it with a network namespace of its own: then a cut
takes its network away. Elsewhere a cut freezes all its processes, which is how it looks from outside.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bench.harness.cluster.executor import DaskExecutor
from store.runs import load_entry, load_run
from tests.bench.harness.cluster.real_cluster import LOOPBACK, RealCluster, real_cluster, send

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
WORKERS = 3
EVERYWHERE = "0.0.0.0"  # noqa: S104 - with TLS: the networks of the namespaces are no loopback
SILENCE_S = 8
CUT_S = 12.0  # longer than the caller's patience with a silent worker, so that its task is given to another one
_LOSSES = DaskExecutor.losses_before_alone + 1  # of one task in one run, at which it becomes a failed record
_PAUSE_S = 1.5  # between two disturbances, on average
_STUDY = ("run", "--profile", "quick", "--parts", "autoencoders", "--offline")


@dataclass(slots=True)
class _Disturber:
    """Strikes at random until it has struck often enough or the run has ended."""

    cluster: RealCluster
    chance: random.Random
    kills: int
    cuts: int
    ended: threading.Event = field(default_factory=threading.Event)
    done: Counter[str] = field(default_factory=Counter)

    def strike(self) -> None:
        """Kill and cut, in random order, with a pause after each."""
        plan = ["kill"] * self.kills + ["cut"] * self.cuts
        self.chance.shuffle(plan)
        for what in plan:
            if self.ended.wait(self.chance.uniform(0.2, 2 * _PAUSE_S)):
                return
            number = self.chance.randrange(WORKERS)
            if what == "cut":
                self._cut(number)
            else:
                self._kill(number)

    def _kill(self, number: int) -> None:
        """The task's process, the worker, or the whole machine, which comes back."""
        worker = self.cluster.workers[number]
        spawned = [pid for pid in worker.processes if _is_spawned(pid)]
        target = self.chance.choice(("task", "worker", "machine"))
        if target == "machine" or not spawned:
            self.cluster.kill_worker(number)
            self.cluster.start_worker(number, space=worker.space)
        else:
            send(spawned[-1] if target == "task" else spawned[0], signal.SIGKILL)
        self.done[target] += 1

    def _cut(self, number: int) -> None:
        worker = self.cluster.workers[number]
        if worker.space:
            _ip("link", "set", _cable(number), "down")
            self.ended.wait(CUT_S)
            _ip("link", "set", _cable(number), "up")
        else:
            frozen = worker.processes
            for pid in frozen:
                send(pid, signal.SIGSTOP)
            self.ended.wait(CUT_S)
            for pid in frozen:
                send(pid, signal.SIGCONT)
        self.done["cut"] += 1


def campaign(base: Path, strikes: tuple[int, int], seed: int, options: tuple[str, ...]) -> dict[str, object]:
    """Run the study here, and on the disturbed cluster into one store after the other until all strikes are done; compare.

    ``strikes`` are kills and cuts; ``options`` are for ``bench run``, such as ``--seeds 0`` where time is short.
    """
    began = time.monotonic()
    given = os.environ.get("BENCH_QUICK_ARTIFACTS")
    if given:  # the quick profile was run here already: what fits is reused, what does not is computed
        shutil.copytree(Path(given) / "records", base / "here" / "records")
    assert _run(base / "here", options) == 0, (base / "here.log").read_text()
    facts: dict[str, object] = {"here_s": time.monotonic() - began}
    stores: list[Path] = []
    codes: list[int] = []
    with real_cluster(base / "cluster") as cluster, _spaces() as spaces:
        cluster.start_scheduler(EVERYWHERE if spaces else LOOPBACK)
        for number in range(WORKERS):
            cluster.start_worker(number, space=spaces.get(number, ""))
        disturber = _Disturber(cluster, random.Random(seed), *strikes)  # noqa: S311 - moments that can be repeated are no secret
        striking = threading.Thread(target=disturber.strike)
        striking.start()
        while striking.is_alive() or not stores:
            stores.append(base / f"there-{len(stores)}")
            for _ in range(1 + sum(strikes) // _LOSSES):  # a task that was given up is tried by the same command once more
                codes.append(_run(stores[-1], (*options, *_options(cluster))))
                if codes[-1] == 0:
                    break
        striking.join()
    facts |= {"namespaces": bool(spaces), "struck": dict(disturber.done), "stores": len(stores), "exit_codes": codes}
    return {**facts, **_compared(base / "here", stores), "seconds": time.monotonic() - began}


@contextmanager
def _spaces() -> Iterator[dict[int, str]]:
    """A network namespace for each worker, joined to this machine by a cable of its own; none where that is not allowed."""
    names = {number: f"bench-{os.getpid()}-{number}" for number in range(WORKERS)}
    try:
        for number, name in names.items():
            inside = ["ip", "netns", "exec", name, "ip"]
            _ip("netns", "add", name)
            _ip("link", "add", _cable(number), "type", "veth", "peer", "name", "eth0", "netns", name)
            _ip("addr", "add", f"10.77.{number}.1/24", "dev", _cable(number))
            _ip("link", "set", _cable(number), "up")
            for command in (
                ("addr", "add", f"10.77.{number}.2/24", "dev", "eth0"),
                ("link", "set", "eth0", "up"),
                ("link", "set", "lo", "up"),
            ):
                subprocess.run([*inside, *command], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        _remove(names)
        yield {}
        return
    try:
        yield names
    finally:
        _remove(names)


def _remove(names: dict[int, str]) -> None:
    for name in names.values():
        with suppress(OSError, subprocess.CalledProcessError):
            _ip("netns", "del", name)  # its end of the cable goes with it, and the other end too


def _cable(number: int) -> str:
    return f"bench{os.getpid() % 100_000}-{number}"


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


def _options(cluster: RealCluster) -> tuple[str, ...]:
    access = cluster.access
    tls = ("--tls-ca", str(access.ca), "--tls-cert", str(access.cert), "--tls-key", str(access.key))
    return ("--executor", "dask", "--scheduler", cluster.address, *tls, "--silence", str(SILENCE_S), "--wait", "60")


def _run(root: Path, options: tuple[str, ...]) -> int:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BENCH_")}
    command = [sys.executable, "-m", "bench", *_STUDY, "--artifacts", str(root), *options]
    with root.with_name(f"{root.name}.log").open("ab") as log:
        return subprocess.run(command, cwd=ROOT, env=environment, stdout=log, stderr=log, check=False).returncode


def _digests(root: Path) -> dict[str, tuple[str, str]]:
    """Status and result digest of every record of the latest run, by task and fingerprint."""
    records = [load_entry(root, entry).record for entry in load_run(root).entries]
    return {f"{one.task.id}/{one.fingerprint[:16]}": (one.status, one.result_digest) for one in records}


def _compared(whole: Path, stores: list[Path]) -> dict[str, object]:
    here = _digests(whole)
    found = {root.name: _digests(root) for root in stores}
    missing = ("no record", "")
    lost = [
        f"{root}: {name}: {there.get(name, missing)[0]}"
        for root, there in found.items()
        for name in here
        if there.get(name, missing)[0] != here[name][0]
    ]
    equal = sum(there.get(name) == here[name] for there in found.values() for name in here)
    return {
        "records": len(here),
        "compared": len(here) * len(found),
        "lost": lost,
        "differing": len(here) * len(found) - len(lost) - equal,
    }


def _is_spawned(pid: int) -> bool:
    """Whether it is a process that Python's multiprocessing started to work, and not its resource tracker."""
    try:
        return b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[2:5]]
    kills, cuts, seed = numbers + [20, 5, 0][len(numbers) :]
    print(json.dumps(campaign(Path(sys.argv[1]), (kills, cuts), seed, tuple(sys.argv[5:]))))  # noqa: T201 - its answer
