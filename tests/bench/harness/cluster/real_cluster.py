"""A scheduler and workers as processes, each worker with a home, a data folder, a cache and a working directory of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bench.harness.cluster.link import Access

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[4]
LOOPBACK = "127.0.0.1"


@dataclass(slots=True)
class Worker:
    """One worker's processes and folders; ``space`` names its network namespace, if it has one of its own."""

    number: int
    base: Path
    process: subprocess.Popen[bytes]
    space: str = ""

    @property
    def processes(self) -> list[int]:
        """Nanny, worker and the processes of its tasks, from the outside in."""
        return family(self.process.pid)


@dataclass(slots=True)
class RealCluster:
    """``start`` and ``stop`` scheduler and workers; all of them speak TLS with one certificate."""

    base: Path
    port: int
    scheduler: subprocess.Popen[bytes] | None = None
    workers: dict[int, Worker] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Of the scheduler, for who is on this machine."""
        return f"tls://{LOOPBACK}:{self.port}"

    @property
    def access(self) -> Access:
        """What a caller needs."""
        return Access(self.address, self.base / "cert.pem", self.base / "cert.pem", self.base / "key.pem")

    def start_scheduler(self, host: str = LOOPBACK) -> None:
        """Start it, on the port that it had before."""
        command = [
            "dask_scheduler",
            "--host",
            host,
            "--port",
            str(self.port),
            "--protocol",
            "tls",
            "--no-dashboard",
            *self._tls(),
        ]
        self.scheduler = self._start(command, self.base, {}, "scheduler")

    def start_worker(self, number: int, options: tuple[str, ...] = (), space: str = "", **variables: str) -> Worker:
        """Start one with folders of its own, those of its number."""
        base = self.base / f"worker-{number}"
        for name in ("home", "data", "cache", "work"):
            (base / name).mkdir(parents=True, exist_ok=True)
        host = f"10.77.{number}.1" if space else LOOPBACK
        listen = ["--host", f"10.77.{number}.2"] if space else ["--host", LOOPBACK]
        command = [
            "dask_worker",
            f"tls://{host}:{self.port}",
            *listen,
            "--protocol",
            "tls",
            "--nthreads",
            "1",
            "--no-dashboard",
        ]
        own = {
            "HOME": str(base / "home"),
            "BENCH_DATA_DIR": str(base / "data"),
            "BENCH_CACHE_DIR": str(base / "cache"),
            "DASK_DISTRIBUTED__WORKER__DAEMON": "False",
        }
        folder = ["--local-directory", str(base / "home")]
        process = self._start(
            [*command, *self._tls(), *folder, *options], base / "work", {**own, **variables}, base.name, space
        )
        self.workers[number] = Worker(number, base, process, space)
        return self.workers[number]

    def kill_worker(self, number: int) -> None:
        """Kill it with all its processes at once, as when its machine loses its power."""
        worker = self.workers.pop(number)
        for pid in worker.processes:
            send(pid, signal.SIGKILL)
        worker.process.wait()

    def stop(self) -> None:
        """End everything."""
        for number in list(self.workers):
            self.kill_worker(number)
        if self.scheduler is not None:
            self.kill_scheduler()

    def kill_scheduler(self) -> None:
        """Kill the scheduler."""
        assert self.scheduler is not None
        self.scheduler.kill()
        self.scheduler.wait()
        self.scheduler = None

    def log(self, name: str) -> str:
        """What a process said."""
        return (self.base / f"{name}.log").read_text(errors="replace")

    def _tls(self) -> list[str]:
        return [
            "--tls-ca-file",
            f"{self.base}/cert.pem",
            "--tls-cert",
            f"{self.base}/cert.pem",
            "--tls-key",
            f"{self.base}/key.pem",
        ]

    def _start(
        self, command: list[str], folder: Path, variables: dict[str, str], name: str, space: str = ""
    ) -> subprocess.Popen[bytes]:
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("BENCH_", "DASK_"))}
        inside = ["ip", "netns", "exec", space] if space else []
        program = [*inside, sys.executable, "-m", f"distributed.cli.{command[0]}", *command[1:]]
        environment = {**clean, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **variables}
        with (self.base / f"{name}.log").open("ab") as log:
            return subprocess.Popen(program, cwd=folder, env=environment, stdout=log, stderr=log)


@contextmanager
def real_cluster(base: Path) -> Iterator[RealCluster]:
    """An empty one, with its certificate; it ends with the block."""
    base.mkdir(parents=True, exist_ok=True)
    write_certificate(base)
    with socket.socket() as free:
        free.bind((LOOPBACK, 0))
        port = int(free.getsockname()[1])
    cluster = RealCluster(base, port)
    try:
        yield cluster
    finally:
        cluster.stop()


def write_certificate(folder: Path) -> None:
    """One key and one certificate that is its own authority: whoever has it belongs to the cluster."""
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    files = ["-subj", "/CN=cluster", "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run([*command, *files], check=True, capture_output=True)


def family(pid: int) -> list[int]:
    """The process and all its descendants, parents first."""
    text = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    rows = [(int(child), int(parent)) for child, parent in (line.split() for line in text.splitlines())]
    found = [pid]
    for each in found:
        found += [child for child, parent in rows if parent == each and child not in found]
    return found


def parent_of(pid: int) -> int:
    """The process that started this one."""
    return int(subprocess.run(["ps", "-o", "ppid=", "-p", str(pid)], capture_output=True, text=True, check=True).stdout)


def send(pid: int, number: int) -> bool:
    """Send a signal; False where the process has just ended."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)
        return True
    return False
