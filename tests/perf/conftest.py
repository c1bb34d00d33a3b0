"""What is measured: with waits for the disk, and how costs grow only where that is asked for, as it takes minutes more."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """``nox -s perf -- --scaling``."""
    parser.addoption("--scaling", action="store_true", help="measure time and memory against seeds, images and records, too")


@pytest.fixture(autouse=True, scope="session")
def nothing_is_synced() -> None:
    """What is measured waits for the disk as it does for users: here the fixture of all other tests does nothing."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what was not asked for, visibly."""
    if config.getoption("--scaling"):
        return
    for item in items:
        if item.get_closest_marker("scaling"):
            item.add_marker(pytest.mark.skip(reason="takes minutes: nox -s perf -- --scaling"))
