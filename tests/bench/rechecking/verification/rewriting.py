"""Writes a whole store anew after any edit of its records, with every fingerprint, digest, folder and name made to fit."""

from __future__ import annotations

import os
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from store.canonical import digest, digest_bytes, readable_json
from store.records import MANIFEST
from store.runs import run_id_of
from store.schema import FileEntry, Result, result_digest, seal
from tests.bench.rechecking.verification.forgery import Fields, read, task_id

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass
class Copy:
    """A store in memory: manifests by task id, as they were and as they are now, and replaced files by task id and name."""

    root: Path
    run: Fields
    whole: Mapping[str, Fields]
    folders: Mapping[str, Path]
    records: dict[str, Fields]
    replaced: dict[tuple[str, str], bytes] = field(default_factory=dict)

    def again(self, *tasks: str) -> Copy:
        """The store as it was, with manifests of its own for these tasks: the others are shared, and nobody may edit them."""
        own = {task: deepcopy(self.whole[task]) for task in tasks}
        return Copy(self.root, deepcopy(self.run), self.whole, self.folders, {**self.whole, **own})

    def content(self, task: str, name: str) -> bytes:
        """A file of a record as it stands now."""
        return self.replaced.get((task, name)) or (self.folders[task] / name).read_bytes()

    def is_untouched(self, task: str) -> bool:
        """Whether neither the record nor a file of it was edited."""
        return self.records[task] == self.whole[task] and not any(changed == task for changed, _ in self.replaced)


def load_copy(root: Path) -> Copy:
    """The latest run of the store with its records."""
    name = (root / "runs" / "latest").read_text().strip()
    run = read(root / "runs" / name / "run.json")
    folders = {task_id(entry): root / "records" / task_id(entry) / entry["fingerprint"][:16] for entry in run["entries"]}
    records = {task: read(folder / MANIFEST) for task, folder in folders.items()}
    return Copy(root, run, records, folders, dict(records))


def write_copy(copy: Copy, target: Path) -> None:
    """Write the copy to an empty folder; upstream before downstream, for a fingerprint goes into the next one.

    Whatever is as it was is a link to the original: none of it may be written to.
    """
    done: dict[str, Fields] = {}
    while len(done) < len(copy.records):
        for task, fields in copy.records.items():
            upstream = fields["ingredients"]["upstream"]
            if task not in done and all(name in done or name not in copy.records for name in upstream):
                same = copy.is_untouched(task) and all(done[name] is copy.whole[name] for name in upstream if name in done)
                done[task] = copy.whole[task] if same else _sealed(copy, task, done)
                _write(copy, task, done[task], target)
    entries = [
        {
            "task": one["task"],
            "fingerprint": one["fingerprint"],
            "status": one["result"]["status"],
            "record_digest": one["digest"],
        }
        for one in (done[task] for task in copy.records)
    ]
    run = {**copy.run, "entries": entries, "run_id": run_id_of(copy.run["profile"], (one["fingerprint"] for one in entries))}
    folder = target / "runs" / run["run_id"]
    folder.mkdir(parents=True)
    (folder / "run.json").write_bytes(readable_json(seal(run)))
    (target / "runs" / "latest").write_text(f"{run['run_id']}\n")


def _sealed(copy: Copy, task: str, done: dict[str, Fields]) -> Fields:
    fields = deepcopy(copy.records[task])
    for name in fields["ingredients"]["upstream"]:
        if name in done:
            fields["ingredients"]["upstream"][name] = done[name]["fingerprint"]
            if name in fields["result"]["upstream_results"]:
                fields["result"]["upstream_results"][name] = done[name]["result_digest"]
    for entry in fields["files"]:
        if (task, entry["name"]) in copy.replaced:
            content = copy.replaced[task, entry["name"]]
            entry["sha256"], entry["size_bytes"] = digest_bytes(content), len(content)
    fields["fingerprint"] = digest({"task": fields["task"], "ingredients": fields["ingredients"]})
    files = tuple(FileEntry.model_validate(entry) for entry in fields["files"])
    fields["result_digest"] = result_digest(Result.model_validate(fields["result"]), files)
    return dict(seal(fields))


def _write(copy: Copy, task: str, fields: Fields, target: Path) -> None:
    folder = target / "records" / task / fields["fingerprint"][:16]
    folder.mkdir(parents=True)
    for entry in fields["files"]:
        place = folder / entry["name"]
        if (task, entry["name"]) in copy.replaced:
            place.write_bytes(copy.replaced[task, entry["name"]])
        else:
            os.link(copy.folders[task] / entry["name"], place)
    if fields is copy.whole[task]:
        os.link(copy.folders[task] / MANIFEST, folder / MANIFEST)
    else:
        (folder / MANIFEST).write_bytes(readable_json(fields))
