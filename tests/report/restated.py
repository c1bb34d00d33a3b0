"""Published results as they would be had the source said something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report.evidence.published import Published

if TYPE_CHECKING:
    from collections.abc import Mapping

_KINDS = ("values", "curves", "matrices", "facts")


def restated(published: Published, changes: Mapping[str, object]) -> Published:
    """A copy with other entries, each by its path; text is a printed number where the path has one or has nothing."""
    tree = published.model_dump(mode="json")
    for path, value in changes.items():
        place, _, name = path.partition(".")
        entry = tree["places"][place]
        kind = next((kind for kind in _KINDS if name in entry[kind]), "values")
        entry[kind][name] = value
    return Published.model_validate(tree)
