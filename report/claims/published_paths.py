"""Finds a published value by its dotted path, such as ``table_4.ae.train_loss`` or ``figure_5.ae.trace``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report.evidence.published import Confusion, Curve, PairErrors
from store.errors import UsageError

if TYPE_CHECKING:
    from report.evidence.published import Published


def number(published: Published, path: str, claim: str) -> float:
    """The value at ``path``; raises UsageError that names the claim where there is none."""
    found = _walk(published, path, claim)
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise _unresolved(path, claim)
    return float(found)


def curve(published: Published, path: str, claim: str) -> dict[int, float]:
    """Epoch (from 1) to value of the curve at ``path``; raises UsageError that names the claim where there is none."""
    found = _walk(published, path, claim)
    if isinstance(found, Curve):
        return dict(zip(found.x, found.values, strict=True))
    if isinstance(found, tuple):
        return {epoch: float(value) for epoch, value in enumerate(found, start=1)}
    raise _unresolved(path, claim)


def _walk(published: Published, path: str, claim: str) -> object:
    node: object = published
    for name in path.split("."):
        if isinstance(node, Confusion) and name == "trace":
            node = sum(row[index] for index, row in enumerate(node.counts))
        elif isinstance(node, PairErrors) and name == "mean":
            node = sum(node.mse_per_pixel) / len(node.mse_per_pixel)
        elif isinstance(node, tuple) and name.isdecimal() and int(name) < len(node):
            node = node[int(name)]
        elif not isinstance(node, tuple) and name in getattr(type(node), "model_fields", {}):
            node = getattr(node, name)
        else:
            raise _unresolved(path, claim)
    return node


def _unresolved(path: str, claim: str) -> UsageError:
    message = f"claim {claim} names a published value that is not there: {path}"
    return UsageError(
        message,
        where="data/studies/assignment_2/claims.toml",
        cure="correct its path; the values stand in data/studies/assignment_2/published.toml",
    )
