"""Worker processes, each on a connection of its own: one that is killed in the midst of a message keeps nobody waiting.

A pool's shared queue does: its readers wait for the rest of the message, its writers for the lock that the dead one held.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from bench.harness.worker import Event, Job, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from multiprocessing.process import BaseProcess

    from store.records import Draft


@dataclass(slots=True, eq=False)
class Crew:
    """The workers, hired as they are needed, and the name of the task that each is at."""

    listener: Callable[[Event], None]
    workers: dict[Connection, BaseProcess] = field(default_factory=dict)
    running: dict[Connection, str] = field(default_factory=dict)

    def start(self, name: str, job: Job) -> None:
        """Give the task to an idle worker, or to a new one; one that died while it was idle is let go."""
        for connection in [each for each in self.workers if each not in self.running]:
            try:
                connection.send(job)
            except OSError:
                self._bury(connection)
            else:
                self.running[connection] = name
                return
        connection = self._hire()
        self.running[connection] = name
        with suppress(OSError):  # dead already: ended() will tell
            connection.send(job)

    def ended(self) -> Iterator[tuple[str, Draft | None]]:
        """Wait for news, pass events on, and give each task that has ended with its draft: None where its worker died.

        Raises what a worker could not make a failed draft of.
        """
        for connection in _ready(self.running):
            try:
                message = connection.recv()
            except (EOFError, OSError):  # dead, perhaps in the midst of a message
                name = self.running.pop(connection)
                self._bury(connection)
                yield name, None
                continue
            if isinstance(message, Event):
                self.listener(message)
            elif isinstance(message, Exception):
                raise message
            else:
                yield self.running.pop(connection), message

    def _hire(self) -> Connection:
        context = multiprocessing.get_context("spawn")  # CUDA does not survive a fork
        ours, theirs = context.Pipe()
        process = context.Process(target=serve, args=(theirs,))
        process.start()
        theirs.close()  # from now on the worker alone holds its end: when it dies, ours ends
        self.workers[ours] = process
        return ours

    def _bury(self, connection: Connection) -> None:
        connection.close()
        process = self.workers.pop(connection)
        process.kill()
        process.join()


@contextmanager
def crew_of(listener: Callable[[Event], None]) -> Iterator[Crew]:
    """A crew that is sent home at the end, and at once where something is raised: no interrupt waits for an epoch's end."""
    crew = Crew(listener)
    try:
        yield crew
    except BaseException:
        for process in crew.workers.values():
            process.terminate()
        raise
    finally:
        for connection in crew.workers:
            connection.close()
        for process in crew.workers.values():
            process.join()


def _ready(connections: Iterable[Connection]) -> list[Connection]:
    """Those with a message, or whose other end has gone."""
    return [each for each in multiprocessing.connection.wait(list(connections)) if isinstance(each, Connection)]
