"""What is measured: with waits for the disk, and how costs grow only where that is asked for, as it takes minutes more."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """``nox -s perf -- --scaling`` and ``nox -s perf -- --part-one 5``."""
    parser.addoption("--scaling", action="store_true", help="measure time and memory against seeds, images and records, too")
    parser.addoption(
        "--part-one", type=int, default=0, metavar="SEEDS", help="measure Part I whole beside the notebook way, too"
    )


@pytest.fixture(autouse=True, scope="session")
def nothing_is_synced() -> None:
    """What is measured waits for the disk as it does for users: here the fixture of all other tests does nothing."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what was not asked for, visibly."""
    for mark, option in (("scaling", "--scaling"), ("part_one", "--part-one 5")):
        if config.getoption(option.split()[0]):
            continue
        for item in items:
            if item.get_closest_marker(mark):
                item.add_marker(pytest.mark.skip(reason=f"takes minutes: nox -s perf -- {option}"))
