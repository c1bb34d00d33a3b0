"""The lock pins every package that the dependency groups reach, each to one version that they allow."""

from __future__ import annotations

import importlib.metadata
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PIN = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*==[0-9][0-9a-z.]*")
UNLOCKED_GROUPS = {"quarto"}  # its package downloads a release while it installs
CUDA_PREFIXES = ("nvidia-", "cuda-", "triton")  # torch's CUDA build names its own versions; its CPU build has none


def pin_lines() -> list[str]:
    """The lines of the lock without its comment."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


def pins() -> dict[str, Version]:
    """Package to its pinned version."""
    return {name: Version(version) for name, version in (line.split("==") for line in pin_lines())}


def direct_requirements() -> list[Requirement]:
    """What the locked dependency groups of pyproject.toml name themselves."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    lines = {line for name, group in groups.items() if name not in UNLOCKED_GROUPS for line in group if isinstance(line, str)}
    return [Requirement(line) for line in sorted(lines)]


def reachable_requirements() -> list[Requirement]:
    """Direct requirements and those of every installed package below them, for this Python and platform."""
    found: list[Requirement] = []
    waiting = direct_requirements()
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name.startswith(CUDA_PREFIXES):
            continue
        found.append(requirement)
        if (name, frozenset(requirement.extras)) not in seen:
            seen.add((name, frozenset(requirement.extras)))
            waiting.extend(requirements_of(name, requirement.extras))
    return found


def requirements_of(name: str, extras: set[str]) -> list[Requirement]:
    """What the installed package ``name`` needs here; nothing where it is not installed."""
    try:
        lines = importlib.metadata.requires(name) or []
    except importlib.metadata.PackageNotFoundError:
        return []
    requirements = [Requirement(line) for line in lines]
    return [
        item for item in requirements if item.marker is None or any(item.marker.evaluate({"extra": e}) for e in ("", *extras))
    ]


def test_every_line_is_one_exact_pin() -> None:
    """No ranges, addresses, hashes or local versions: the lock holds wherever pip finds the packages."""
    assert pin_lines()
    assert [line for line in pin_lines() if not PIN.fullmatch(line)] == []


def test_lines_are_sorted_and_name_each_package_once() -> None:
    """A change of the lock shows as a change of the lines that it is about."""
    names = [line.split("==")[0] for line in pin_lines()]
    assert names == sorted(set(names))


@pytest.mark.parametrize("requirement", direct_requirements(), ids=str)
def test_direct_requirement_is_pinned_within_its_range(requirement: Requirement) -> None:
    """What pyproject.toml asks for is locked to a version that it allows."""
    version = pins().get(canonicalize_name(requirement.name))
    assert version is not None, f"{requirement.name} is not in constraints.txt: nox -s lock -- -c constraints.txt"
    assert version in requirement.specifier


def test_everything_below_the_direct_requirements_is_pinned() -> None:
    """A package that comes with another one cannot change its version unseen either."""
    locked = pins()
    missing = {canonicalize_name(requirement.name) for requirement in reachable_requirements()} - set(locked)
    assert missing == set()


def test_pins_satisfy_each_other() -> None:
    """No package asks for a version of another one that the lock excludes."""
    locked = pins()
    requirements = reachable_requirements()
    refused = [str(r) for r in requirements if locked[canonicalize_name(r.name)] not in r.specifier]
    assert len(requirements) > len(direct_requirements())
    assert refused == []


def test_every_pin_is_reachable() -> None:
    """A package that nothing needs any more leaves the lock (seen only where all groups are installed)."""
    installed = {canonicalize_name(distribution.name) for distribution in importlib.metadata.distributions()}
    absent = {canonicalize_name(requirement.name) for requirement in direct_requirements()} - installed
    if absent:
        pytest.skip(f"not installed here: {', '.join(sorted(absent))}")
    assert set(pins()) - {canonicalize_name(requirement.name) for requirement in reachable_requirements()} == set()


def test_the_stand_in_for_opencv_moves_with_the_lock() -> None:
    """packages/opencv-python has the version of the build that it brings, and the lock pins both to it."""
    path = ROOT / "packages" / "opencv-python" / "pyproject.toml"
    project = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
    (brought,) = (Requirement(line) for line in project["dependencies"])
    assert (project["name"], brought.name) == ("opencv-python", "opencv-python-headless")
    assert str(brought.specifier) == f"=={project['version']}"
    assert pins()["opencv-python"] == pins()["opencv-python-headless"] == Version(project["version"])
