"""The option that asks how costs grow: it takes some minutes more, so that nothing is measured of it without being asked."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """``nox -s perf -- --scaling``."""
    parser.addoption("--scaling", action="store_true", help="measure time and memory against seeds, images and records, too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what was not asked for, visibly."""
    if config.getoption("--scaling"):
        return
    for item in items:
        if item.get_closest_marker("scaling"):
            item.add_marker(pytest.mark.skip(reason="takes minutes: nox -s perf -- --scaling"))
