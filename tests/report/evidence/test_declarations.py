"""A declaration is read whole, or refused with its file and entry."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from pydantic import TypeAdapter, ValidationError

from report.evidence.declarations import Declaration, Digits, Label, Scale, flattened, read_toml
from store.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


class Inner(Declaration):
    """A number."""

    size: float


class Outer(Declaration):
    """A list of numbers."""

    parts: tuple[Inner, ...]


def test_a_file_becomes_its_schema(tmp_path: Path) -> None:
    """As it stands, or as it is written out."""
    path = tmp_path / "some.toml"
    path.write_text("[[parts]]\nsize = 2.5\n", encoding="utf-8")
    assert read_toml(path, Outer).parts == (Inner(size=2.5),)
    assert read_toml(path, Outer, lambda tree: {"parts": [*tree["parts"], {"size": 1}]}).parts[1] == Inner(size=1)  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "words", "entry"),
    [
        ("[[parts]]\nsize = 1\n[[parts]]\nsize = 'x'", "valid number", ", entry parts.1.size"),
        ("[[parts]]\nsize = inf", "finite number", ", entry parts.0.size"),
        ("parts = []\nmore = 1", "Extra inputs", ", entry more"),
        ("[[parts]", "cannot read some.toml", ""),
        ("parts = " + "[" * 5000, "cannot read some.toml: it is nested", ""),
    ],
)
def test_a_fault_is_named_with_its_entry(tmp_path: Path, text: str, words: str, entry: str) -> None:
    """A type, an infinity, an unknown key, no TOML at all, no end of brackets; and it cannot be changed once it is read."""
    path = tmp_path / "some.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=words) as caught:
        read_toml(path, Outer)
    assert caught.value.where == f"{path}{entry}"
    with pytest.raises(ValidationError, match="frozen"):
        Inner(size=1).size = 2  # type: ignore[misc]


def test_a_file_that_is_not_there_and_one_that_cannot_be_written_out(tmp_path: Path) -> None:
    """Both are errors of the file, with their reason."""
    path = tmp_path / "some.toml"
    with pytest.raises(UsageError, match=r"cannot read some\.toml"):
        read_toml(path, Outer)
    path.write_text("", encoding="utf-8")

    def refuse(_: dict[str, object]) -> object:
        raise ValueError("a name stands for nothing")

    with pytest.raises(UsageError, match=r"some\.toml: a name stands for nothing"):
        read_toml(path, Outer, refuse)


def test_a_pipe_is_an_error_of_the_file(tmp_path: Path) -> None:
    """It would be waited for."""
    os.mkfifo(tmp_path / "some.toml")
    with pytest.raises(UsageError, match=r"cannot read some\.toml: it is a pipe"):
        read_toml(tmp_path / "some.toml", Outer)


@pytest.mark.parametrize("label", [{}, {"pt": "Modelo"}, {"en": " "}])
def test_a_label_has_its_english_words(label: dict[str, str]) -> None:
    """They stand in for every language that it lacks."""
    with pytest.raises(ValidationError, match="no words in English"):
        TypeAdapter(Label).validate_python(label)
    assert TypeAdapter(Label).validate_python({"en": "Model"}) == {"en": "Model"}


def test_a_scale_leads_from_one_unit_to_another() -> None:
    """Neither to nothing nor beyond what a number can hold; its edges do."""
    for scale in (1e-12, 1e12, -100.0):
        assert TypeAdapter(Scale).validate_python(scale) == scale
    for scale in (0.0, 0.9e-12, 1.1e12, -1.1e12):
        with pytest.raises(ValidationError, match="a scale is 1e-12 to 1e\\+12"):
            TypeAdapter(Scale).validate_python(scale)


def test_digits_are_those_of_a_number() -> None:
    """None to seventeen."""
    assert [TypeAdapter(Digits).validate_python(count) for count in (0, 17)] == [0, 17]
    for count in (-1, 18, True):
        with pytest.raises(ValidationError):
            TypeAdapter(Digits).validate_python(count)


def test_nested_tables_get_dotted_names() -> None:
    """A table with every key of a leaf stays whole, one with a part of them does not; what is no table is left alone."""
    tree = {"a": {"b": {"x": 1, "y": 2}, "c": {"x": 3}}, "d": 4}
    assert flattened(tree) == {"a.b.x": 1, "a.b.y": 2, "a.c.x": 3, "d": 4}
    assert flattened(tree, frozenset({"x", "y"})) == {"a.b": {"x": 1, "y": 2}, "a.c.x": 3, "d": 4}
    assert flattened([1, 2]) == [1, 2]
