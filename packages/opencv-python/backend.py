"""Builds the wheel of this folder, which holds metadata and no file (PEP 517): nothing is downloaded, nothing written here."""

from __future__ import annotations

import base64
import hashlib
import tomllib
import zipfile
from pathlib import Path


def build_wheel(
    wheel_directory: str,
    config_settings: object = None,  # noqa: ARG001 - pip passes it by name
    metadata_directory: str | None = None,  # noqa: ARG001
) -> str:
    """Write the wheel that ``pyproject.toml`` describes into ``wheel_directory``; returns its name."""
    path = Path(__file__).with_name("pyproject.toml")
    project = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
    stem = f"{project['name'].replace('-', '_')}-{project['version']}"
    metadata = ["Metadata-Version: 2.4", f"Name: {project['name']}", f"Version: {project['version']}"]
    metadata += [f"Summary: {project['description']}", f"License-Expression: {project['license']}"]
    metadata += [f"Requires-Dist: {line}" for line in project["dependencies"]]
    wheel = ["Wheel-Version: 1.0", "Generator: packages/opencv-python", "Root-Is-Purelib: true", "Tag: py3-none-any"]
    files = {f"{stem}.dist-info/{name}": "\n".join(lines) + "\n" for name, lines in (("METADATA", metadata), ("WHEEL", wheel))}
    record = f"{stem}.dist-info/RECORD"
    files[record] = "".join(f"{name},sha256={_digest(text)},{len(text)}\n" for name, text in files.items()) + f"{record},,\n"
    name = f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(Path(wheel_directory) / name, "w") as archive:
        for member, text in files.items():
            archive.writestr(member, text)
    return name


def _digest(text: str) -> str:
    """As RECORD has it: SHA-256 in base64 for addresses, without padding."""
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode("ascii")).digest()).rstrip(b"=").decode()
