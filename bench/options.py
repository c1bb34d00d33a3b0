"""Options that several commands of the harness share: the study, the store, and where data come from."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from bench.lists import check_lists
from store.doors import is_file, is_folder
from store.errors import UsageError
from store.surroundings import file, place, word

if TYPE_CHECKING:
    import argparse
    from pathlib import Path


def add_store_options(parser: argparse.ArgumentParser) -> None:
    """``--artifacts`` and ``--json``, with what an interrupted command leaves."""
    default = os.environ.get("BENCH_ARTIFACTS_DIR") or "artifacts"  # a text, so that it is checked as the option is
    text = "where records and reports lie (default: artifacts, or BENCH_ARTIFACTS_DIR)"
    parser.add_argument("--artifacts", type=place, default=default, metavar="DIR", help=text)
    parser.add_argument("--json", action="store_true", help="print the facts as JSON")
    parser.set_defaults(interrupted="finished tasks are kept, the same command goes on from here")


def add_source_options(parser: argparse.ArgumentParser) -> None:
    """Where data come from: ``--data``, ``--offline`` and ``--paranoid``."""
    folder = os.environ.get("BENCH_DATA_DIR") or None
    text = "folder with your data sets, such as DIR/fashion-mnist (default: BENCH_DATA_DIR; without: cache, then download)"
    parser.add_argument("--data", type=place, default=folder, metavar="DIR", help=text)
    parser.add_argument("--offline", action="store_true", help="never use the network")
    text = "read every byte of the data to plan, instead of remembering what has the same size, times and inode"
    parser.add_argument("--paranoid", action="store_true", help=text)


def add_weights_option(parser: argparse.ArgumentParser) -> None:
    """``--weights``: pretrained weights from elsewhere."""
    text = "pretrained YOLOv5s weights (default: found in the folder weights of the data folder)"
    parser.add_argument("--weights", type=file, metavar="FILE", help=text)


def add_study_options(parser: argparse.ArgumentParser) -> None:
    """Which tasks there are: the study, its profile, and what changes it."""
    parser.add_argument("--profile", default="quick", help="quick (default), paper, or a path to your own TOML file")
    text = "replace one value of the profile, such as execution.threads=2 (repeatable)"
    parser.add_argument("--set", action="append", default=[], dest="overrides", metavar="KEY=VALUE", help=text)
    parser.add_argument("--seeds", metavar="LIST", help="replications, such as 0-4 or 0,3,7")
    parser.add_argument("--parts", metavar="LIST", help="some of the study's parts, with commas (default: all)")
    parser.add_argument(
        "--study", type=word, metavar="NAME", help="which study (default: the one that data/studies/studies.toml names)"
    )
    text = "main (default: all tables and figures), sensitivity (assumed values), or what else the study has, with commas"
    parser.add_argument("--question", metavar="LIST", help=text)
    parser.add_argument("--device", metavar="NAME", help="cpu (default), cuda (all visible GPUs) or cuda:0,cuda:2")
    parser.add_argument("--strict", action="store_true", help="stop at the first bad label line instead of dropping it")
    add_weights_option(parser)
    add_store_options(parser)
    add_source_options(parser)


def check_data_folder(options: argparse.Namespace, cache: Path) -> None:
    """A data folder that was named must be there: without this, a slip in its name would look like missing data.

    Raises UsageError, StoreError where one may not look, DataError where a list in it or in the cache names more than its
    reader can hold.
    """
    if options.data is not None and not is_folder(options.data):
        message = "the data folder is no folder" if is_file(options.data) else "the data folder does not exist"
        raise UsageError(message, where=str(options.data), cure="correct --data DIR or BENCH_DATA_DIR, or leave it out")
    for folder in filter(None, (options.data, cache)):
        check_lists(folder)
