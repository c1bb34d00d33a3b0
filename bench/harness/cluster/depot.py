"""What a worker keeps on its own disk: files by digest, records made of them, data sets that were sent, and scratch folders."""

from __future__ import annotations

import fcntl
import os
import shutil
import uuid
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from bench.datasets.catalogue import Sources
from bench.datasets.fashion.locate import cache_root
from bench.harness.stored_config import parsed_config
from bench.harness.studies import load_study
from store.canonical import digest_bytes, readable_json
from store.errors import IntegrityError, StudyError
from store.records import MANIFEST, Stored, write_atomic

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bench.datasets.catalogue import Dataset
    from bench.harness.cluster.parcel import Study
    from store.schema import Record

_SENT = "sent"
_READS = 5  # an epoch that ends while its checkpoints are read costs a second look
_CHECKPOINTS = ("*.safetensors", "*.pt")  # what the trainings go on from; they replace it in one step


class Depot:
    """A folder of this worker's machine, which other workers of the machine may share."""

    def __init__(self, root: Path) -> None:
        """Nothing is made before it is needed."""
        self.root = root

    def lacks(self, digests: Iterable[str]) -> list[str]:
        """Those that no file here has."""
        return [digest for digest in dict.fromkeys(digests) if not self._object(digest).is_file()]

    def keep(self, contents: Iterable[bytes]) -> None:
        """Take files in, each under the digest of its content."""
        for content in contents:
            path = self._object(digest_bytes(content))
            if not path.is_file():
                write_atomic(path, content)

    def content(self, digest: str) -> bytes:
        """The file with this digest; raises FileNotFoundError."""
        return self._object(digest).read_bytes()

    def record(self, record: Record) -> Stored:
        """The record in a folder of its own, made of the files that are here; raises IntegrityError where one is missing."""
        folder = self.root / "records" / record.digest
        if not folder.is_dir():
            partial = folder.with_name(f".partial-{folder.name}-{uuid.uuid4().hex[:8]}")
            partial.mkdir(parents=True)
            for entry in record.files:
                if not self._object(entry.sha256).is_file():
                    message = f"file {entry.name} of {record.task.id} did not arrive"
                    raise IntegrityError(message, where=str(folder), cure="run again: it is sent anew")
                shutil.copyfile(self._object(entry.sha256), partial / entry.name)
            (partial / MANIFEST).write_bytes(readable_json(record.model_dump(mode="json")))
            _settle(partial, folder)
        return Stored(record, folder)

    def dataset(self, study: Study, name: str, digest: str) -> Dataset | str:
        """The data set with this digest, of the worker's own or among what was sent to it; or why it is not there."""
        reasons: list[str] = []
        for found in self._candidates(study, name):
            if isinstance(found, str):
                reasons.append(found)
            elif found.absent:
                reasons.append(found.absent.partition("\n")[0])
            elif found.digest != digest:
                reasons.append(f"{found.folder} has digest {found.digest[:12]}, the plan {digest[:12]}")
            else:
                return found
        return "; ".join(dict.fromkeys(reasons))

    def receive(self, digest: str, name: str, content: bytes) -> None:
        """Take a part of a data set in: a file, by its path below the folder of data sets."""
        folder = self.root / _SENT / digest
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()):
            raise IntegrityError("a data set's file lies outside its folder", where=name)
        write_atomic(path, content)

    @contextmanager
    def scratch(self, fingerprint: str) -> Iterator[Path]:
        """A folder of the task that no other process uses meanwhile; what an earlier attempt left is still in it."""
        for number in range(1000):
            folder = self.root / "scratch" / f"{fingerprint[:16]}.{number}"
            folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(folder.with_suffix(f".{number}.lock"), os.O_RDWR | os.O_CREAT)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:  # a twin of the task runs in it
                os.close(handle)
                continue
            try:
                yield folder
            finally:
                os.close(handle)
            return
        raise StudyError("too many attempts of one task on one machine", where=str(self.root / "scratch"))

    def _object(self, digest: str) -> Path:
        return self.root / "objects" / digest[:2] / digest

    def _candidates(self, study: Study, name: str) -> Iterator[Dataset | str]:
        """What the study's own finder says, first of this machine's places, then of what was sent."""
        config = parsed_config(study.config, "the configuration of the run", study.name)
        own = os.environ.get("BENCH_DATA_DIR")
        places = [Path(own) if own else None, *sorted((self.root / _SENT).glob("*"))]
        for place in places:
            try:
                yield load_study(study.name).datasets[name](config, Sources(place, here(), offline=True))
            except StudyError as error:
                yield error.what


def here() -> Path:
    """The worker's cache: BENCH_CACHE_DIR, or below the artifacts folder of its working directory."""
    return cache_root(Path(os.environ.get("BENCH_ARTIFACTS_DIR") or "artifacts"), os.environ).resolve()


def checkpoints_in(folder: Path) -> dict[str, bytes]:
    """Name and content of the checkpoints in a task's scratch folder: all of one moment, or none."""
    for _ in range(_READS):
        before = _stamps(folder)
        try:
            found = {path.name: path.read_bytes() for path in before}
        except FileNotFoundError:
            continue  # replaced just now
        if _stamps(folder) == before:
            return found
    return {}


def put_checkpoints(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Lay checkpoints into a scratch folder in place of those that it has: the state last, as it names the others."""
    before = _stamps(folder)
    for name, content in sorted(contents.items()):
        write_atomic(folder / Path(name).name, content)
    for path in before:
        if path.name not in contents:
            path.unlink(missing_ok=True)


def _stamps(folder: Path) -> dict[Path, tuple[int, int]]:
    with_state: dict[Path, tuple[int, int]] = {}
    for path in sorted(each for pattern in _CHECKPOINTS for each in folder.glob(pattern)):
        with suppress(FileNotFoundError):
            with_state[path] = (path.stat().st_ino, path.stat().st_mtime_ns)
    return with_state


def _settle(partial: Path, folder: Path) -> None:
    """Move a finished folder to its place, unless another worker was faster."""
    try:
        partial.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
        shutil.rmtree(partial, ignore_errors=True)
