"""Templates choose and place; they compute nothing and use only text that exists, in every language that the study has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from jinja2 import FileSystemLoader, UndefinedError, meta, nodes

from report.evidence.studies import Study, study_names, study_of
from report.printing.strings import STYLE, Strings, environment, languages, load_strings, template_door, texts_of
from store.errors import UsageError

ROOT = Path(__file__).parents[3]
STUDIES = [study_of(name) for name in study_names()]
EDITIONS = [(study, language) for study in STUDIES for language in languages(study)]
SOURCES = sorted(path for folder in (STYLE, *(study.templates for study in STUDIES)) for path in folder.rglob("*.qmd.j2"))
CORE = [path for path in sorted((ROOT / "report").rglob("*.py")) if "studies" not in path.relative_to(ROOT).parts]
ARITHMETIC = (nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Pow)
PLACEHOLDER = re.compile(r"<<\s*([A-Za-z_]\w*)\s*>>")
MODELS_OF_A_COMPARISON = 2
NAMED = re.compile(r"""\b(?:t|s|strings)\(\s*["']([a-z0-9_]+\.[A-Za-z0-9_.-]+)["']""")


def edition_name(value: object) -> str:
    """A study's name, or a language."""
    return value.name if isinstance(value, Study) else str(value)


def code_of(study: Study) -> str:
    """What names the texts of a study's report: the core, the study's modules, and the templates of both."""
    own = sorted((study.root / "report" / "studies" / study.name).rglob("*.py"))
    templates = [*STYLE.rglob("*.qmd.j2"), *study.templates.rglob("*.qmd.j2")]
    return "\n".join(path.read_text(encoding="utf-8") for path in (*CORE, *own, *templates))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_templates_do_no_arithmetic(path: Path) -> None:
    """Every number reaches a template as finished text."""
    tree = environment().parse(path.read_text(encoding="utf-8"))
    assert list(tree.find_all(ARITHMETIC)) == []


@pytest.mark.parametrize(("study", "language"), EDITIONS, ids=edition_name)
def test_every_text_that_a_template_names_exists(study: Study, language: str) -> None:
    """A key in a template or module that no strings file has would stop a build."""
    named = set(NAMED.findall(code_of(study)))
    assert len(named) > 50
    assert named - set(load_strings(study, language).texts) == set()


@pytest.mark.parametrize(("study", "language"), EDITIONS, ids=edition_name)
def test_every_text_is_used(study: Study, language: str) -> None:
    """A text whose group no code or template mentions is left over from something removed."""
    code = code_of(study)
    unused = [key for key in load_strings(study, language).texts if not re.search(rf"{key.split('.')[0]}[.\"]", code)]
    assert unused == []


@pytest.mark.parametrize(("study", "language"), EDITIONS, ids=edition_name)
def test_every_text_stands_in_every_language(study: Study, language: str) -> None:
    """No edition of a study's report lacks a text that another has."""
    everywhere = {key for other in languages(study) for key in texts_of(study, other)}
    assert everywhere - set(texts_of(study, language)) == set()


@pytest.mark.parametrize(("study", "language"), EDITIONS, ids=edition_name)
def test_every_placeholder_takes_its_own_value(study: Study, language: str) -> None:
    """Rendered with distinct values, each text shows every one of them: none is a word that Jinja reads as a literal."""
    strings = load_strings(study, language)
    seen = 0
    for key, text in strings.texts.items():
        written = set(PLACEHOLDER.findall(text))
        known = meta.find_undeclared_variables(environment().parse(text))
        assert written <= known, (key, written - known)
        values = {name: f"value{number}of" for number, name in enumerate(sorted(known))}
        shown = [strings(key, **values)]
        if "<%" in text:  # what stands under a condition shows where it holds: each value is once nothing, once another value
            others = {name: ["", *(values[one] for one in known), *([1] if f"{name} == 1" in text else [])] for name in known}
            shown += [strings(key, **{**values, name: other}) for name in known for other in others[name]]
        assert {name for name in written if not any(values[name] in one for one in shown)} == set(), key
        seen += len(written)
    assert seen > 20


@pytest.mark.parametrize(("study", "language"), EDITIONS, ids=edition_name)
def test_values_of_several_models_carry_their_names(study: Study, language: str) -> None:
    """A sentence that prints numbers of two models names each model as often as it prints a number of it."""
    strings = load_strings(study, language)
    models = {one.key: one.label[language] for one in study.vocabulary.models}
    unnamed = [key for key, text in strings.texts.items() if names_too_few(text, models)]
    assert unnamed == []


def names_too_few(text: str, models: dict[str, str]) -> bool:
    """Whether a text has values of several models, and of one of them more than it names it."""
    found = {key: [name for name in PLACEHOLDER.findall(text) if re.fullmatch(rf"{key}(?:_.+)?", name)] for key in models}
    if sum(map(bool, found.values())) < MODELS_OF_A_COMPARISON:
        return False
    words = PLACEHOLDER.sub(" ", text)
    return any(len(re.findall(rf"\b{models[key]}\b", words)) < len(names) for key, names in found.items())


def test_a_value_without_the_name_of_its_model_is_found() -> None:
    """What the check above is for: three numbers in a row, of which the first alone could be told."""
    models = {"ae": "AE", "vae": "VAE"}
    assert names_too_few("Accuracy: AE << ae_accuracy >>, VAE << vae_accuracy >>; F1: << ae_f1 >>, << vae_f1 >>.", models)
    assert not names_too_few("Accuracy: AE << ae_accuracy >>, VAE << vae_accuracy >>.", models)


def test_a_placeholder_that_is_a_literal_is_found() -> None:
    """What the check above is for: Jinja prints its own True where a text says << true >>."""
    assert PLACEHOLDER.findall("<< true >> taken for << predicted >>") == ["true", "predicted"]
    assert meta.find_undeclared_variables(environment().parse("<< true >> taken for << predicted >>")) == {"predicted"}


def test_undefined_names_stop_the_build() -> None:
    """A placeholder without a value is an error, not an empty place."""
    with pytest.raises(UndefinedError):
        environment().from_string("<< missing >>").render()
    with pytest.raises(UsageError, match=r"text tables\.of cannot be filled: '\w+' is undefined"):
        load_strings(study_of(), "en")("tables.of", done=1)
    with pytest.raises(UsageError, match=r"no text tables\.off, .*\n.*\n  cure:  write it: off below \[tables\]"):
        load_strings(study_of(), "en")("tables.off")
    with pytest.raises(UsageError, match=r"text a\.b cannot be filled: .*, line 2 of it"):
        Strings("en", {"a.b": "words\n<< of"})("a.b")


def test_a_template_that_cannot_be_read_is_an_error_of_its_author(tmp_path: Path) -> None:
    """A section that is not there, a tag that does not end, another encoding: what, where, and no traceback."""
    (tmp_path / "a.j2").write_bytes(b"\xe9")
    (tmp_path / "b.j2").write_text("one\n<% if %>", encoding="utf-8")
    (tmp_path / "c.j2").write_text("<% include 'd.j2' %>", encoding="utf-8")
    made = environment().overlay(loader=FileSystemLoader(tmp_path))
    for name, words in {"a.j2": "is no UTF-8 text", "b.j2": ", line 2 of b.j2", "c.j2": "'d.j2' not found"}.items():
        with pytest.raises(UsageError, match=words) as caught, template_door(name, "here"):
            made.get_template(name).render()
        assert caught.value.where == "here"


def test_formulas_keep_their_braces() -> None:
    """TeX needs no escaping in templates."""
    assert environment().from_string(r"$\frac{1}{D} {{x}}$ << a >>").render(a=1) == r"$\frac{1}{D} {{x}}$ 1"


def test_unknown_language_lists_the_known_ones() -> None:
    """The error names the choices."""
    with pytest.raises(UsageError, match="choose one of: en"):
        load_strings(study_of(), "xx")


def test_a_text_of_the_core_stands_in_no_study(tmp_path: Path) -> None:
    """A study that has a core text once more is told so, instead of one silently hiding the other."""
    folder = tmp_path / "templates" / "studies" / "twin" / "strings"
    folder.mkdir(parents=True)
    (folder / "en.toml").write_text('[columns]\nseeds = "N"\n', encoding="utf-8")
    with pytest.raises(UsageError, match=r"already: columns\.seeds"):
        load_strings(Study("twin", tmp_path), "en")
