"""``bench data fetch|verify|where``: picks the data set and turns its facts into text."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TextIO

from bench.datasets.fashion import commands
from bench.datasets.fashion.locate import cache_root
from bench.datasets.kitti import commands as kitti
from bench.datasets.kitti.settings import KittiSettings
from bench.models.detection import commands as weights
from bench.models.detection.weights import NAME as WEIGHTS
from bench.options import check_data_folder
from store.errors import UsageError
from store.terminal import tell

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping
    from pathlib import Path

    from pydantic import JsonValue

DATASETS = ("fashion-mnist", "kitti", weights.COMMAND_NAME)


def facts(options: argparse.Namespace, stream: TextIO) -> dict[str, JsonValue]:
    """Do what the options ask and return the facts; raises UsageError, DataError, IntegrityError."""
    if options.dataset not in DATASETS:
        raise UsageError(f"unknown data set {options.dataset!r}", where="bench data", cure=f"choose {' or '.join(DATASETS)}")
    cache = cache_root(options.artifacts, os.environ)
    check_data_folder(options, cache)
    if options.dataset == "kitti":
        return _kitti_facts(options, cache, stream)
    if options.dataset == weights.COMMAND_NAME:
        return _weights_facts(options, cache, stream)
    source, folder = options.source, options.data
    if options.data_command == "fetch":
        return commands.fetch(source, data_dir=folder, cache_dir=cache, offline=options.offline, progress=Download(stream))
    if options.data_command == "verify":
        return commands.verify_command(source, data_dir=folder, cache_dir=cache)
    return commands.where(source, data_dir=folder, cache_dir=cache)


def _kitti_facts(options: argparse.Namespace, cache: Path, stream: TextIO) -> dict[str, JsonValue]:
    if options.data_command == "fetch":
        address = os.environ.get(kitti.ADDRESS_VARIABLE)
        return kitti.fetch(options.images, cache_dir=cache, offline=options.offline, address=address, progress=Download(stream))
    if options.data_command == "verify":
        return kitti.verify(KittiSettings(), data_dir=options.data, cache_dir=cache)
    return kitti.where(data_dir=options.data, cache_dir=cache)


def _weights_facts(options: argparse.Namespace, cache: Path, stream: TextIO) -> dict[str, JsonValue]:
    if options.data_command == "fetch":
        address = os.environ.get(weights.ADDRESS_VARIABLE)
        offline, progress = options.offline, Download(stream)
        return weights.fetch(data_dir=options.data, cache_dir=cache, offline=offline, address=address, progress=progress)
    command = weights.verify if options.data_command == "verify" else weights.where
    return command(data_dir=options.data, cache_dir=cache)


def text(found: Mapping[str, JsonValue]) -> str:
    """The facts as lines for people."""
    if found["source"] == "kitti":
        return kitti.text(found)
    if found["source"] == WEIGHTS:
        return weights.text(found)
    files = found["files"]
    lines = [f"{found['source']} ({found['origin']}): {found['path']}"]
    for item in files if isinstance(files, list) else []:
        if isinstance(item, dict):
            state = "missing" if item.get("present") is False else "present" if "present" in item else "sha256 ok"
            lines.append(f"  {state:<9}  {item['name']}  {item['size_bytes']} bytes  {item['sha256']}")
    return "\n".join(lines)


class Download:
    """Prints a download's progress: one line that is rewritten on a terminal, a line per tenth elsewhere."""

    def __init__(self, stream: TextIO) -> None:
        """Write to ``stream``."""
        self._stream = stream
        self._shown = -1

    def __call__(self, done_bytes: int, total_bytes: int) -> None:
        """Show how much has arrived."""
        terminal = self._stream.isatty()
        percent = 100 * done_bytes // max(total_bytes, 1)
        step = percent if terminal else percent // 10 * 10
        if step != self._shown:
            self._shown = step
            line = f"downloading: {step:3d} % of {total_bytes / 1e6:.1f} MB"
            tell(self._stream, line, end="\r" if terminal and done_bytes < total_bytes else "\n")
