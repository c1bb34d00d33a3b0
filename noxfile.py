"""The project's commands. All sessions share one virtual environment under .nox, installed from constraints.txt."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import nox
from nox.project import dependency_groups, load_toml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

if TYPE_CHECKING:
    from collections.abc import Iterable

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "none"  # the shared environment below takes the place of one environment a session
nox.options.sessions = ["bench", "report"]

ROOT = Path(__file__).parent
LOCK = ROOT / "constraints.txt"
ENVIRONMENT = ROOT / ".nox" / f"python{sys.version_info.major}.{sys.version_info.minor}"
PYTHON = str(ENVIRONMENT / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python"))

# The oldest supported Python resolves the lock: newer releases of a library drop old Pythons first, so what installs
# there installs on the newer ones too.
LOCK_PYTHON = (3, 11)
# What is installed from this repository under the name that another package asks for, and why: packages/*/pyproject.toml.
STAND_INS = {"ultralytics": ROOT / "packages" / "opencv-python"}
UNLOCKED_GROUPS = {"quarto"}  # its package downloads a release while it installs
CUDA_PREFIXES = (
    "nvidia-",
    "cuda-",
    "triton",
)  # torch's CUDA build names its own versions; its CPU build has none
# A file's tests share what they set up, so a file stays with one process; one more than there are cores, as many tests wait
# for processes that they start, kill or freeze. (Two more took 5 to 10 % longer on two cores.)
PARALLEL = (f"--numprocesses={(os.cpu_count() or 1) + 1}", "--dist=loadfile", "--no-loadscope-reorder")
# Each of these processes has one thread, as more threads than cores wait for each other, and keeps the bytecode of what it
# imports, whatever the surroundings say: hundreds of processes would compile the same sources.
VARIABLES = {"OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": ""}
# glibc keeps for the next batch what it would hand back to the system, and asks for it in large pages: a training takes
# three to ten percent less, with the same bits. Other C libraries read nothing of it.
MALLOC = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=33554432:glibc.malloc.trim_threshold=134217728"}
TESTS = r"site-packages.*[/\\]tests?[/\\]"  # the folders of packages that are not compiled beforehand
IN_MEMORY = Path("/dev/shm")  # noqa: S108 - pytest makes a folder of its own in it
SCRATCH_BYTES = 4 * 2**30  # several times what the tests have at a time
LOCK_HEADER = """\
# Every version that the sessions of noxfile.py install. Made by `nox -s lock`; docs/decisions/0001-one-environment.md says how.
"""


@nox.session
def bench(session: nox.Session) -> None:
    """Compute records: profile quick, or `-- --profile paper --data DIR`, `-- plan`, `-- status`, `-- data fetch`."""
    _install(session, "bench")
    _run(session, "-m", "bench", *_with_command(session.posargs, "run"))


@nox.session
def report(session: nox.Session) -> None:
    """Render the latest run's records as HTML and PDF under artifacts/report; `-- --engine quarto` takes Quarto."""
    _install(session, "report")
    _run(session, "-m", "report", *_with_command(session.posargs, "build"))


@nox.session
def cluster(session: nox.Session) -> None:
    """Start a cluster on this machine, for `nox -s bench -- --executor dask --scheduler ADDRESS`; `-- --workers 4`."""
    _install(session, "cluster")
    _run(session, "-m", "bench", "cluster", *session.posargs)


@nox.session
def install(session: nox.Session) -> None:
    """Install what bench and report need, and run nothing: for images and caches."""
    _install(session, "bench")
    _install(session, "report")


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests, without the campaigns and those of speed; positional arguments go to pytest."""
    _test(session, "not campaign")


@nox.session
def campaigns(session: nox.Session) -> None:
    """Run the long tests: kills, forged stores and inputs, whole studies, clusters; positional arguments go to pytest."""
    _test(session, "campaign")


@nox.session
def perf(session: nox.Session) -> None:
    """Measure speed with pytest-benchmark and keep the figures in artifacts/perf/benchmark.json for the report."""
    _install(session, "perf")
    target = Path(os.environ.get("BENCH_ARTIFACTS_DIR", ROOT / "artifacts")) / "perf" / "benchmark.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    _run(session, "-m", "pytest", "tests/perf", f"--benchmark-json={target}", *session.posargs)


@nox.session
def cuda(session: nox.Session) -> None:
    """Try the GPU: its tests, then figures of bits, losses, memory and speed in artifacts/cuda/figures.json."""
    _install(session, "test")
    target = Path(os.environ.get("BENCH_ARTIFACTS_DIR", ROOT / "artifacts")) / "cuda" / "figures.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    _run(session, "-m", "pytest", "-m", "cuda", "tests/cuda")
    _run(session, "-m", "tests.cuda.measure", f"--output={target}", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and format with ruff; `-- --fix` repairs what can be repaired."""
    _install(session, "lint")
    _run(session, "-m", "ruff", "check", *session.posargs)
    _run(session, "-m", "ruff", "format", *([] if "--fix" in session.posargs else ["--check"]))


@nox.session
def types(session: nox.Session) -> None:
    """Check types with mypy in strict mode; positional arguments go to mypy."""
    _install(session, "types")
    _run(session, "-m", "mypy", *session.posargs)


@nox.session
def lock(session: nox.Session) -> None:
    """Write constraints.txt anew with the newest versions; `-- -c constraints.txt` keeps those that it has."""
    if sys.version_info[:2] != LOCK_PYTHON:
        session.error("run this session with Python {}.{}, the oldest that is supported".format(*LOCK_PYTHON))
    _make_environment(session)
    requirements = sorted({line for group in _group_names() - UNLOCKED_GROUPS for line in _requirements(group)})
    answer = ENVIRONMENT / "resolved.json"
    flags = ("--quiet", "--dry-run", "--ignore-installed", f"--report={answer}")
    _run(session, "-m", "pip", "install", *flags, *session.posargs, *map(str, _stand_ins(requirements)), *requirements)
    LOCK.write_text(LOCK_HEADER + "".join(f"{pin}\n" for pin in _pins(answer)), encoding="utf-8")
    session.log(f"wrote {LOCK.name}; run nox -s lint types tests next")


def _with_command(arguments: list[str], default: str) -> list[str]:
    """Put the default command first where ``arguments`` name none, so that flags alone suffice."""
    return arguments if arguments and not arguments[0].startswith("-") else [default, *arguments]


def _run(session: nox.Session, *arguments: str, **variables: str) -> None:
    tuned = {} if "GLIBC_TUNABLES" in os.environ else MALLOC
    session.run(PYTHON, *arguments, external=True, env={**tuned, **variables})


def _test(session: nox.Session, marked: str) -> None:
    _install(session, "test")
    _run(session, "-m", "pytest", "--ignore=tests/perf", "-m", marked, *PARALLEL, *session.posargs, **VARIABLES, **_scratch())


def _scratch() -> dict[str, str]:
    """Let the tests' folders lie in memory where there is room: some disks take 2 ms to remove one, and there are 200,000."""
    if "TMPDIR" in os.environ or not os.access(IN_MEMORY, os.W_OK):
        return {}
    found = os.statvfs(IN_MEMORY)
    roomy = found.f_bavail * found.f_frsize >= SCRATCH_BYTES
    return {"TMPDIR": str(IN_MEMORY)} if roomy and not found.f_flag & os.ST_NOEXEC else {}


def _install(session: nox.Session, group: str) -> None:
    """Install a dependency group under the lock, unless the environment already holds just that."""
    _make_environment(session)
    requirements = _requirements(group)
    stand_ins = _stand_ins(requirements)
    content = [*requirements, *(_stand_in_text(folder) for folder in stand_ins), LOCK.read_text(encoding="utf-8")]
    wanted = hashlib.sha256("\n".join(content).encode()).hexdigest()
    stamp = ENVIRONMENT / f"installed-{group}"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return
    if stand_ins and any(ENVIRONMENT.glob("**/site-packages/opencv_python.libs")):
        # An environment of an earlier version: removed later, the desktop build would take the other build's files with it.
        _run(session, "-m", "pip", "uninstall", "--quiet", "--yes", "opencv-python", "opencv-python-headless")
    flags = ("--disable-pip-version-check", "--no-compile", f"--constraint={LOCK}")
    _run(session, "-m", "pip", "install", *flags, *map(str, stand_ins), *requirements)
    # pip would compile on one core, and the packages' own tests too, which nobody imports here. Some packages carry files
    # that are no Python of today: they are left as they are.
    session.run(PYTHON, "-m", "compileall", "-qq", "-j0", "-x", TESTS, str(ENVIRONMENT), external=True, success_codes=(0, 1))
    stamp.write_text(wanted, encoding="utf-8")


def _make_environment(session: nox.Session) -> None:
    """Create the shared environment where it is missing, was left half made, or has lost its interpreter."""
    stamp = ENVIRONMENT / "created"
    if stamp.is_file() and Path(PYTHON).exists():
        return
    # virtualenv comes with nox and carries pip, so that Debian's python3-venv is not needed
    session.run(sys.executable, "-m", "virtualenv", "--quiet", "--clear", str(ENVIRONMENT), external=True)
    stamp.touch()


def _group_names() -> set[str]:
    return set(load_toml(ROOT / "pyproject.toml")["dependency-groups"])


def _requirements(group: str) -> tuple[str, ...]:
    return dependency_groups(load_toml(ROOT / "pyproject.toml"), group)


def _stand_ins(requirements: Iterable[str]) -> list[Path]:
    """The folders to install besides ``requirements``, for what these ask for in their turn."""
    names = {canonicalize_name(Requirement(line).name) for line in requirements}
    return [folder for name, folder in STAND_INS.items() if name in names]


def _stand_in_text(folder: Path) -> str:
    return (folder / "pyproject.toml").read_text(encoding="utf-8")


def _pins(answer: Path) -> list[str]:
    """``name==version`` of each package in pip's installation report, without local versions such as ``+cpu``."""
    resolved = [item["metadata"] for item in json.loads(answer.read_text(encoding="utf-8"))["install"]]
    versions = {canonicalize_name(package["name"]): Version(package["version"]).public for package in resolved}
    return [f"{name}=={version}" for name, version in sorted(versions.items()) if not name.startswith(CUDA_PREFIXES)]
