"""Turns a profile name or TOML file plus ``--set`` overrides into the checked configuration of a study."""

from __future__ import annotations

import difflib
import re
import tomllib
from argparse import ArgumentTypeError
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ValidationError

from bench.harness.studies import load_study
from bench.sections import OutOfRangeError
from store.doors import reason_of, refused_as
from store.errors import UsageError
from store.surroundings import file
from store.toml import parse_toml, toml_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.harness.settings import StudySettings

_SEEDS = re.compile(r"(?P<first>[0-9]{1,12})(-(?P<last>[0-9]{1,12}))?")
_LARGEST_SEED = 2**32 - 1  # the largest that numpy's generators take
_MOST_SEEDS = 1000  # in one range: more is a slip, and would fill the memory before anything runs
_FLAG_OF = {"questions": "--question"}  # the others are called like their key
_LONGEST_VALUE = 120  # characters of it that a message shows
_KINDS = {bool: "true or false", float: "a number, without quotation marks", int: "a whole number, without quotation marks"}
_LONGEST_NAME = 40  # a run id has room for 80 characters, of which the digits take 9


@dataclass(frozen=True, slots=True)
class Profile:
    """A named, fully resolved configuration."""

    name: str
    config: StudySettings


def load_profile(name: str, overrides: Sequence[str] = (), *, study: str | None = None, **fixed: object) -> Profile:
    """Resolve ``name`` (built in, or a path to TOML), then ``key=value`` overrides, then ``fixed`` dotted keys.

    ``study`` is the default one where none is named. Raises UsageError for an unknown study or profile, an unknown key (with
    the nearest valid one) or a bad value.
    """
    found = load_study(study)
    path = _find(name, found.profiles)
    tree = _read(path)
    flags = {key: f"--{flag}" for flag, key in found.flags.items()}
    origins: dict[str, str] = {}
    for override in overrides:
        key, value = _parse_override(override)
        _assign(tree, key, value)
        origins[key] = f"--set {override}"
    for option, value in fixed.items():
        if value is not None:
            key = option.replace("__", ".")
            _assign(tree, key, value)
            origins[key] = _FLAG_OF.get(key) or flags.get(key, f"--{key.rsplit('.', 1)[-1]}")
    return Profile(_name_of(path), _validate(found.config, tree, path, origins))


def with_override(config: StudySettings, override: str, where: str) -> StudySettings:
    """The configuration with one ``key=value`` changed; raises UsageError that names ``where`` the override stands."""
    key, value = _parse_override(override, where)
    tree = config.model_dump(mode="json")
    _assign(tree, key, value, where)
    return _validate(type(config), tree, Path(where), {})


def leaf_keys(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Every dotted key that a profile may set, such as ``execution.device``."""
    for name, info in model.model_fields.items():
        kind = info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from leaf_keys(kind, f"{prefix}{name}.")
        else:
            yield prefix + name


def parse_seeds(text: str) -> tuple[int, ...]:
    """``0-4``, ``0,3,7`` or a mix such as ``0-2,10`` as ascending unique seeds; raises UsageError."""
    seeds: set[int] = set()
    for part in text.split(","):
        found = _SEEDS.fullmatch(part.strip())
        if found is None:
            raise UsageError(f"not a list of seeds: {text!r}", where="--seeds", cure="write it as 0-4 or 0,3,7")
        first, last = int(found["first"]), int(found["last"] or found["first"])
        if not first <= last <= _LARGEST_SEED or last - first >= _MOST_SEEDS:
            cure = f"give seeds from 0 to {_LARGEST_SEED}, in ascending ranges of at most {_MOST_SEEDS}"
            raise UsageError(f"not a list of seeds: {text!r}", where="--seeds", cure=cure)
        seeds.update(range(first, last + 1))
    return tuple(sorted(seeds))


def _find(name: str, folder: Path) -> Path:
    built_in = {path.stem: path for path in folder.glob("*.toml")}
    if name in built_in:
        return built_in[name]
    if name.endswith(".toml"):
        try:
            return file(name)
        except ArgumentTypeError as error:
            raise UsageError(
                f"profile file not found: {error}", where="--profile", cure="check the path given to --profile"
            ) from error
    nearest = difflib.get_close_matches(name, built_in, n=1)
    hint = f"did you mean {nearest[0]}? " if nearest else ""
    cure = f"{hint}choose {' or '.join(sorted(built_in))}, or give a path that ends in .toml"
    raise UsageError(f"unknown profile {name!r}", where="--profile", cure=cure)


def _name_of(path: Path) -> str:
    """A file's stem as part of a run id: lower case, anything unusual becomes a hyphen, what is too long is cut."""
    return re.sub(r"[^a-z0-9]+", "-", path.stem.lower())[:_LONGEST_NAME].strip("-") or "profile"


def _read(path: Path) -> dict[str, object]:
    def refusal(reason: str) -> UsageError:
        return UsageError(f"profile is not valid TOML: {reason}", where=str(path), cure="correct the file, or let it be read")

    with refused_as(refusal):  # with permissions and memory, too
        return toml_of(path)


def _parse_override(text: str, where: str = "--set") -> tuple[str, object]:
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise UsageError(f"not an override: {text!r}", where=where, cure="write it as key=value, such as execution.threads=2")
    try:
        tree = parse_toml(f"value = {value}")
    except tomllib.TOMLDecodeError:
        return key.strip(), value.strip()  # a bare word such as sample is meant as text
    except ValueError as error:  # more digits than Python takes, or more brackets than anything has
        message = f"{key.strip()} = {_shown(value)} cannot be read: {reason_of(error)}"
        raise UsageError(message, where=where, cure="give a value of the right kind") from error
    if len(tree) > 1:
        raise UsageError(f"more than one override: {_shown(text)}", where=where, cure="give each one by itself")
    return key.strip(), tree["value"]


def _assign(tree: dict[str, object], key: str, value: object, where: str = "--set") -> None:
    node = tree
    *parents, leaf = key.split(".")
    for name in parents:
        child = node.setdefault(name, {})
        if not isinstance(child, dict):
            message = f"unknown key {key!r}: {name} has a value of its own"
            raise UsageError(message, where=where, cure="leave out what follows it")
        node = child
    node[leaf] = value


def _validate(model: type[StudySettings], tree: Mapping[str, object], path: Path, origins: Mapping[str, str]) -> StudySettings:
    """Check the whole tree; an error names the flag in ``origins`` that set the wrong key, or else the file."""
    try:
        config = model.model_validate(tree)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        cause = first.get("ctx", {}).get("error")
        own = cause if isinstance(cause, OutOfRangeError) else None  # of a rule over several sections, which names the key
        key = own.key if own else ".".join(str(part) for part in first["loc"])
        where = next((flag for name, flag in origins.items() if _overlap(key, name)), str(path))
        if first["type"] == "extra_forbidden":
            raise _unknown_key(model, key, where) from error
        message = str(own) if own else f"{key} = {_shown(first['input'])}: {first['msg']}"
        raise UsageError(message, where=where, cure="give a value of the right kind") from error
    for key, given, taken in _reread(tree, config):
        where = next((flag for name, flag in origins.items() if _overlap(key, name)), str(path))
        message = f"{key} = {_shown(given)}: it would be read as {_shown(taken)}"
        raise UsageError(message, where=where, cure=f"write {_KINDS.get(type(taken), 'a value of the right kind')}")
    return config


def _reread(given: object, taken: object, key: str = "") -> Iterator[tuple[str, object, object]]:
    """Values that pydantic turned into another kind: ``true`` into 1.0, a text into the number that stands in it."""
    if isinstance(given, Mapping):
        for name, value in given.items():
            yield from _reread(value, getattr(taken, name, value), f"{key}.{name}" if key else name)
    elif isinstance(given, list | tuple) and isinstance(taken, tuple):
        for one, other in zip(given, taken, strict=True):
            yield from _reread(one, other, key)
    elif isinstance(given, bool) != isinstance(taken, bool) or isinstance(given, str) != isinstance(taken, str):
        yield key, given, taken


def _overlap(key: str, name: str) -> bool:
    """Whether one of two dotted keys is the other or a section that it lies in."""
    return f"{key}.".startswith(f"{name}.") or f"{name}.".startswith(f"{key}.")


def _shown(value: object) -> str:
    """The value for a message: as Python writes it, cut where it is long."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a number of thousands of digits, lists without end
        text = f"a {type(value).__name__} of more than can be written"
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."


def _unknown_key(model: type[StudySettings], key: str, where: str) -> UsageError:
    known = list(leaf_keys(model))
    sections = sorted({name.split(".")[0] for name in known})
    nearest = difflib.get_close_matches(key, known + sections, n=1, cutoff=0.5)
    if not nearest:  # a leaf given without, or under a wrong, section
        leaf = key.rsplit(".", 1)[-1]
        nearest = [name for name in known if difflib.SequenceMatcher(None, name.rsplit(".", 1)[-1], leaf).ratio() > 0.7][:1]  # noqa: PLR2004 - difflib's own default is 0.6
    cure = f"did you mean {nearest[0]}?" if nearest else f"valid sections: {', '.join(sections)}"
    return UsageError(f"unknown key {key!r}", where=where, cure=cure)
