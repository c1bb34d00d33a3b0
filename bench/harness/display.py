"""Shows a run's events: progress bars with time left on a terminal, plain lines elsewhere, and a file either way."""

from __future__ import annotations

import io
import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from store.errors import printable, unwritable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from bench.harness.worker import Event

_LINE_EVERY_S = 15.0  # plain mode: a long task says something four times a minute, a short one only how it ended
_SHOWN_METRICS = 2


@contextmanager
def show(total: int, events_file: Path, stream: TextIO) -> Iterator[Callable[[Event], None]]:
    """Give a listener that shows ``total`` tasks on ``stream`` and appends every event to ``events_file`` (JSON lines).

    Raises StoreError where the file cannot be opened. Later a full disk or a closed terminal ends the showing, not the run.
    """
    with _opened(events_file) as log, _view(stream)(total, stream) as shown:

        def write(event: Event) -> None:
            log.write(json.dumps(_fields(event), sort_keys=True).encode() + b"\n")

        sinks = [_while_possible(write), _while_possible(shown)]

        def listen(event: Event) -> None:
            for sink in sinks:
                sink(event)

        yield listen


def _view(stream: TextIO) -> Callable[[int, TextIO], AbstractContextManager[Callable[[Event], None]]]:
    """Bars need a terminal that can move its cursor: on one that calls itself dumb they would show nothing until the end."""
    return _bars if stream.isatty() and os.environ.get("TERM") not in {"dumb", "unknown"} else _lines


def _opened(path: Path) -> io.FileIO:
    """The events file, unbuffered: a line is written in one call, so that a kill leaves whole lines."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return io.FileIO(path, "a")
    except OSError as error:
        raise unwritable("cannot write the events file", path, error, "or name another folder with --artifacts DIR") from error


def _while_possible(sink: Callable[[Event], None]) -> Callable[[Event], None]:
    """``sink`` until it fails to write, silence from then on."""
    broken = False

    def guarded(event: Event) -> None:
        nonlocal broken
        if not broken:
            try:
                sink(event)
            except OSError:
                broken = True

    return guarded


def _fields(event: Event) -> dict[str, object]:
    fields: dict[str, object] = {"task": event.task_id, "kind": event.kind, "time": event.time}
    if event.total:
        fields |= {"step": event.step, "total": event.total}
    if event.values:
        fields["values"] = {name: value if abs(value) < float("inf") else None for name, value in event.values}
    if event.detail:
        fields["detail"] = event.detail
    return fields


@contextmanager
def _lines(total: int, stream: TextIO) -> Iterator[Callable[[Event], None]]:
    began: dict[str, float] = {}
    spoke: dict[str, float] = {}
    ended = 0

    def shown(event: Event) -> None:
        nonlocal ended
        if event.kind == "start":
            began[event.task_id] = spoke[event.task_id] = event.time
        elif event.kind == "progress":
            if event.time - spoke.get(event.task_id, event.time) >= _LINE_EVERY_S:
                spoke[event.task_id] = event.time
                left = (event.time - began[event.task_id]) / max(event.step, 1) * (event.total - event.step)
                line = f"        {event.task_id}: {event.step}/{event.total}, {_values(event)}, about {left:.0f} s left"
                print(line, file=stream, flush=True)
        else:
            ended += 1
            seconds = event.time - began.get(event.task_id, event.time)
            print(
                f"[{ended}/{total}] {event.task_id} {event.kind} {seconds:.1f} s  {printable(_outcome(event))}",
                file=stream,
                flush=True,
            )

    yield shown


@contextmanager
def _bars(total: int, stream: TextIO) -> Iterator[Callable[[Event], None]]:
    from rich.console import Console  # noqa: PLC0415 - 40 ms that plain output does not need
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(file=stream)) as bars:
        overall = bars.add_task("all tasks", total=total)
        rows = {}

        def shown(event: Event) -> None:
            if event.kind == "start":
                rows[event.task_id] = bars.add_task(event.task_id, total=None)
            elif event.kind == "progress":
                if event.task_id in rows:  # a worker's last words may come after its task's end
                    label = f"{event.task_id}  {_values(event)}"
                    bars.update(rows[event.task_id], completed=event.step, total=event.total, description=label)
            else:
                if event.task_id in rows:
                    bars.remove_task(rows.pop(event.task_id))
                bars.advance(overall)
                if event.kind != "ok":
                    bars.console.print(f"{event.task_id} {event.kind}: {printable(event.detail)}", markup=False)

        yield shown


def _values(event: Event) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in event.values[:_SHOWN_METRICS])


def _outcome(event: Event) -> str:
    return event.detail.splitlines()[0] if event.detail else ""
