"""The parser of both command lines: it names the word that a misspelt one is close to, and the project's version."""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import NoReturn

from store.errors import StudyError
from store.terminal import complain, say, tell

_PROJECT = Path(__file__).parents[1] / "pyproject.toml"


class Parser(argparse.ArgumentParser):
    """One whose exit status does not hang on a lost stream, but for an answer (help, version) that cannot be written: 1."""

    def add_version(self) -> None:
        """``--version``."""
        self.add_argument("--version", action=_Version, nargs=0, help="print the project's version")

    def error(self, message: str) -> NoReturn:
        """Exit 2 with the message, and the nearest choice where there is one."""
        found = re.search(r"invalid choice: '([^']*)' \(choose from (.*)\)", message)
        near = get_close_matches(found[1], re.findall(r"[\w-]+", found[2]), n=1) if found else []
        super().error(f"{message}; did you mean {near[0]}?" if near else message)

    def _print_message(self, message: str, file: object = None) -> None:
        """Where all that argparse prints goes."""
        if file is not sys.stdout:
            tell(sys.stderr, message, end="")
            return
        try:
            say(message.removesuffix("\n"))
        except StudyError as error:
            sys.exit(complain(error, as_json=False))


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Print the version that ``pyproject.toml`` gives, and exit 0."""
        project = tomllib.loads(_PROJECT.read_text(encoding="utf-8"))["project"]
        parser._print_message(f"{project['name']} {project['version']}\n", sys.stdout)  # noqa: SLF001 - as argparse's own does
        parser.exit()
