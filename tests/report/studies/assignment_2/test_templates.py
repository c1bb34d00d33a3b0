"""Templates choose and place; they compute nothing and use only text that exists."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from jinja2 import UndefinedError, nodes

from report.printing.strings import TEMPLATES, environment, languages, load_strings
from store.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

ROOT = TEMPLATES.parents[2]
SOURCES = sorted(TEMPLATES.rglob("*.qmd.j2"))
CODE = [*sorted((ROOT / "report").rglob("*.py")), *SOURCES]
ARITHMETIC = (nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Pow)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_templates_do_no_arithmetic(path: Path) -> None:
    """Every number reaches a template as finished text."""
    tree = environment().parse(path.read_text(encoding="utf-8"))
    assert list(tree.find_all(ARITHMETIC)) == []


@pytest.mark.parametrize("language", languages())
def test_every_text_that_a_template_names_exists(language: str) -> None:
    """A key in a template or module that no strings file has would stop a build."""
    texts = load_strings(language).texts
    named = {
        key
        for path in CODE
        for key in re.findall(
            r"""\b(?:t|s|strings)\(\s*["']([a-z0-9_]+\.[A-Za-z0-9_.-]+)["']""", path.read_text(encoding="utf-8")
        )
    }
    assert len(named) > 100
    assert named - set(texts) == set()


@pytest.mark.parametrize("language", languages())
def test_every_text_is_used(language: str) -> None:
    """A text whose group no code or template mentions is left over from something removed."""
    code = "\n".join(path.read_text(encoding="utf-8") for path in CODE)
    unused = [key for key in load_strings(language).texts if f"{key.split('.')[0]}." not in code]
    assert unused == []


def test_undefined_names_stop_the_build() -> None:
    """A placeholder without a value is an error, not an empty place."""
    with pytest.raises(UndefinedError):
        environment().from_string("<< missing >>").render()
    with pytest.raises(UndefinedError):
        load_strings("en")("columns.of", quantity="MSE")


def test_formulas_keep_their_braces() -> None:
    """TeX needs no escaping in templates."""
    assert environment().from_string(r"$\frac{1}{D} {{x}}$ << a >>").render(a=1) == r"$\frac{1}{D} {{x}}$ 1"


def test_unknown_language_lists_the_known_ones() -> None:
    """The error names the choices."""
    with pytest.raises(UsageError, match="choose one of: en"):
        load_strings("xx")
