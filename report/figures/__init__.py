"""One function a figure; each returns a matplotlib figure and an alternative text made from the same data."""
