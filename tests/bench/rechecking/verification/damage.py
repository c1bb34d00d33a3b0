"""Ways to damage a store at random; each changes something and returns the paths that must be named for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from store.canonical import readable_json
from store.formats import array_bytes, read_arrays
from store.records import MANIFEST
from tests.bench.rechecking.verification.forgery import Fields, forge, read, write_sealed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from random import Random

    from tests.bench.rechecking.verification.conftest import Store

# Metrics that follow from nothing that a record stores: docs/records.md lists them.
UNTOLD = {
    "knn_accuracy_latent", "silhouette_latent", "silhouette_plane", "trustworthiness", "kl_divergence_tsne",
    "sharpness_ratio", "gflops", "images_requested", "images_available", "images_without_label",
}  # fmt: skip
# Tables all of whose numbers follow from others, but for the columns named.
TOLD_TABLES: dict[str, set[str]] = {
    "classifier/*/*/*/predictions.parquet": {"probability"},
    "classifier/*/*/*/per_class.parquet": set(),
    "reconstruction/*/*/*/errors.parquet": set(),
    "detection_data/*/*/*/images.parquet": {"width", "height", "sha256", "drive", "frame", "difference_hash"},
    "detection/scratch-3class/*/*/per_class.parquet": set(),
    "detection/scratch-3class/*/*/curves.parquet": set(),
}
GARBAGE = (b"", b"[]", b"null", b"{}", b"\xff\xfe\x00", b"PAR1" * 9, b"[" * 100_000, b'{"a": NaN}', b'{"a": "\\ud800"}')


def flipped_bit(store: Store, random: Random) -> list[Path]:
    """One bit of one file."""
    path = random.choice([path for path in store.files() if path.stat().st_size])
    content = bytearray(path.read_bytes())
    content[random.randrange(len(content))] ^= 1 << random.randrange(8)
    path.write_bytes(content)
    return [path]


def truncation(store: Store, random: Random) -> list[Path]:
    """A file that ends too early."""
    path = random.choice([path for path in store.files() if path.stat().st_size])
    path.write_bytes(path.read_bytes()[: random.randrange(path.stat().st_size)])
    return [path]


def appended_bytes(store: Store, random: Random) -> list[Path]:
    """A file that goes on, if only by a space or an empty line."""
    path = random.choice(store.files())
    path.write_bytes(path.read_bytes() + random.choice([b" ", b"\n", b"\0", random.randbytes(20)]))
    return [path]


def deleted_file(store: Store, random: Random) -> list[Path]:
    """A file that is gone; without the run's manifest, the pointer leads nowhere."""
    path = random.choice(store.files())
    path.unlink()
    return [store.root / "runs" / "latest" if path.name == "run.json" else path]


def garbage(store: Store, random: Random) -> list[Path]:
    """Something else altogether in a file's place."""
    path = random.choice([path for path in store.files() if path.stat().st_size])
    path.write_bytes(random.choice([*GARBAGE, random.randbytes(200)]))
    return [path]


def extra_file(store: Store, random: Random) -> list[Path]:
    """A file, or a folder, that no manifest names."""
    path = random.choice(_records(store)) / random.choice(["notes.txt", ".hidden", "weights.safetensors.bak", "record.json~"])
    random.choice([lambda: path.write_bytes(b"1"), path.mkdir])()
    return [path]


def swapped_files(store: Store, random: Random) -> list[Path]:
    """Files of one name and different content, each in the other's place."""
    files = store.files()
    first = next(path for path in random.sample(files, len(files)) if _namesakes(store, path))
    second = random.choice(_namesakes(store, first))
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)
    return [first, second]


def swapped_records(store: Store, random: Random) -> list[Path]:
    """Two whole records, each in the other's folder."""
    first, second = random.sample(_records(store), 2)
    aside = first.with_name("aside")
    first.rename(aside)
    second.rename(first)
    aside.rename(second)
    return [first / MANIFEST, second / MANIFEST]


def replaced_record(store: Store, random: Random) -> list[Path]:
    """A record over another one, or no record at all."""
    first, second = random.sample(_records(store), 2)
    for path in first.iterdir():
        path.unlink()
    if random.random() < 0.5:
        for path in second.iterdir():
            (first / path.name).write_bytes(path.read_bytes())
    else:
        first.rmdir()
    return [first / MANIFEST]


def edited_number(store: Store, random: Random) -> list[Path]:
    """A number typed into any JSON file, and nothing else changed."""
    documents = [(path, json.loads(path.read_bytes())) for path in store.files() if path.suffix == ".json"]
    path, document = random.choice([(path, document) for path, document in documents if _numbers(document)])
    container, key = random.choice(_numbers(document))
    container[key] += random.choice([1, -1, 0.5, 1e-3])
    path.write_bytes(readable_json(document))
    return [path]


def sealed_manifest(store: Store, random: Random) -> list[Path]:
    """A record whose own digest was made to agree with the edit: the run's entry and the result digest do not."""
    path = random.choice(_records(store)) / MANIFEST
    fields = read(path)
    container, key = random.choice(_numbers(fields["result"]) + _numbers(fields["execution"]))
    container[key] += 1
    write_sealed(path, fields)
    return [path]


def forged_metric(store: Store, random: Random) -> list[Path]:
    """A metric that follows from what is stored, with every digest of the store made to agree."""
    choices = [
        (folder, name)
        for folder in _records(store)
        for name in read(folder / MANIFEST)["result"]["metrics"]
        if name not in UNTOLD
    ]
    folder, name = random.choice(choices)

    def edit(fields: Fields) -> None:
        metrics = fields["result"]["metrics"]
        fine = isinstance(metrics[name], float) and not name.startswith("knn_")  # a tie of neighbours may fall either way
        metrics[name] += random.choice([1e-6, -1e-4, 0.02]) if fine else random.choice([1, -1])

    forge(store.root, folder, edit)
    return [folder]


def forged_table(store: Store, random: Random) -> list[Path]:
    """A cell of a table that another one or a metric follows from, with every digest made to agree."""
    pattern, told = random.choice(sorted(TOLD_TABLES.items()))
    path = random.choice(sorted((store.root / "records").glob(pattern)))
    table = pq.read_table(path)
    columns = table.to_pydict()
    name = random.choice([name for name in table.column_names if name not in told and table.column(name).null_count == 0])
    row = random.randrange(len(table))
    columns[name][row] = _other(columns[name][row])
    pq.write_table(pa.table(columns, schema=table.schema), path)
    forge(store.root, path.parent, lambda _fields: None)
    return [path.parent]


def forged_confusion(store: Store, random: Random) -> list[Path]:
    """A count of a confusion matrix, with every digest made to agree."""
    path = random.choice(sorted((store.root / "records").glob("*/*/*/*/confusion.npz")))
    arrays = read_arrays(path)
    counts: Any = arrays[random.choice(sorted(arrays))]
    counts[random.randrange(len(counts)), random.randrange(len(counts))] += 1
    path.write_bytes(array_bytes(arrays))
    forge(store.root, path.parent, lambda _fields: None)
    return [path.parent]


# How often each is tried: 400 in all.
CAMPAIGN: dict[Callable[[Store, Random], list[Path]], int] = {
    flipped_bit: 80,
    truncation: 40,
    appended_bytes: 25,
    deleted_file: 30,
    garbage: 30,
    extra_file: 15,
    swapped_files: 35,
    swapped_records: 15,
    replaced_record: 10,
    edited_number: 35,
    sealed_manifest: 15,
    forged_metric: 40,
    forged_table: 20,
    forged_confusion: 10,
}


def _records(store: Store) -> list[Path]:
    return sorted(path.parent for path in (store.root / "records").rglob(MANIFEST))


def _namesakes(store: Store, path: Path) -> list[Path]:
    content = path.read_bytes()
    return [other for other in store.files() if other.name == path.name and other.read_bytes() != content]


def _numbers(value: Any) -> list[tuple[Any, Any]]:  # noqa: ANN401 - any JSON value
    """Container and key of every number in a JSON document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = []
    for key, item in items:
        if isinstance(item, int | float) and not isinstance(item, bool):
            found.append((value, key))
        found += _numbers(item)
    return found


def _other(value: Any) -> Any:  # noqa: ANN401 - a cell of a table
    if isinstance(value, str):
        return {"train": "validation", "validation": "train", "last": "best", "best": "last"}.get(value, f"{value}0")
    return value * 1.5 + 0.25 if isinstance(value, float) else (value + 1) % 10
