"""The packages that the project names itself, out of the hundred that are installed with them."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
_GROUPS = ("store", "bench", "report")  # what computes and renders; not what tests, checks and starts it
# Fingerprints name a library as it is imported, the list of installed packages as it is published.
_PUBLISHED_AS = {
    "sklearn": "scikit-learn",
    "skimage": "scikit-image",
    "cv2": "opencv-python",
    "PIL": "pillow",
    "yaml": "pyyaml",
}


@cache
def named_packages() -> frozenset[str]:
    """The packages of ``pyproject.toml`` that compute and render, in lower case."""
    groups = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["dependency-groups"]
    lines = (line for group in _GROUPS for line in groups[group] if isinstance(line, str))
    names = (re.match(r"[A-Za-z0-9._-]+", line) for line in lines)
    return frozenset(name.group().lower() for name in names if name)


def published_name(module: str) -> str:
    """The package that an imported module belongs to."""
    return _PUBLISHED_AS.get(module, module.lower())
