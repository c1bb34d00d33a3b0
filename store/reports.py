"""Where reports lie under the artifacts folder, and what a finished one leaves for whoever asks how long it took."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "report"
STAMP = "stamp.json"


def latest_folder(base: Path, study: str, default: str) -> Path:
    """Where the latest report of a study stands below ``base``: in it for the default study, else in a folder of its name."""
    return base if study == default else base / study


def last_build_seconds(root: Path) -> float | None:
    """How long the newest report under the artifacts folder took to build; None where no stamp tells it."""
    stamps = [path for path in (root / FOLDER).glob(f"*/{STAMP}") if path.is_file()]
    for stamp in sorted(stamps, key=lambda path: path.stat().st_mtime, reverse=True):
        try:
            return float(json.loads(stamp.read_bytes())["seconds"])
        except (OSError, ValueError, KeyError, TypeError):
            continue  # a stamp of an earlier version, or a damaged one: it is asked for a guess only
    return None
