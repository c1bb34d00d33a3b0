"""Training histories over seeds: a column by epoch and seed, and its mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from report.evidence.records import frames

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from store.records import Stored


def by_seed(records: tuple[Stored, ...], name: str) -> pd.DataFrame:
    """A history column as one column a seed, by epoch from 1."""
    return frames(records, "history.parquet").groupby(["epoch", "seed"])[name].mean().unstack("seed")  # noqa: PD010 - pivot_table takes five times as long


def mean_curve(records: tuple[Stored, ...], name: str) -> NDArray[np.float64]:
    """Mean over seeds of a history column, (epochs,)."""
    return by_seed(records, name).mean(axis=1).to_numpy(np.float64)
