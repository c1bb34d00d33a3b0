"""How to cite the source and its re-run: in a line each, and as BibTeX."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from report.printing.markup import block

if TYPE_CHECKING:
    from report.evidence.subject import Subject

_SPECIAL = re.compile(r"[&%$#_{}~^\\]")
_COMMANDS = {  # BibTeX counts braces, with or without a backslash before them
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "\\": r"\textbackslash{}",
}
_AND = re.compile(r",? and |, ")


def facts(subject: Subject) -> dict[str, object]:
    """``source`` and ``rerun`` as lines, and ``bibtex`` as a block that can be copied."""
    s, run, source = subject.strings, subject.evidence.run, subject.published.source
    values = {"authors": s.place(source.authors), "title": source.title, "date": s.day(source.date)}
    rerun = {"title": s("report.title"), "run": run.run_id, "digest": run.digest[:16], "date": s.day(run.created_at)}
    return {
        "source": s("cite.source", **values),
        "rerun": s("cite.rerun", **rerun),
        "bibtex": block([*_entry(_key(source.authors, source.date), _of_source(subject)), "", *_of_rerun(subject)]),
    }


def _of_source(subject: Subject) -> dict[str, str]:
    source = subject.published.source
    return {"author": " and ".join(_AND.split(source.authors)), "title": _verbatim(source.title), "year": source.date[:4]}


def _of_rerun(subject: Subject) -> list[str]:
    run, source = subject.evidence.run, subject.published.source
    note = subject.strings("cite.note", run=run.run_id, profile=run.profile, digest=run.digest[:16])
    fields = {"title": _verbatim(subject.strings("report.title")), "year": run.created_at[:4], "note": _plain(note)}
    return _entry(f"rerun-{run.run_id}", {**fields, "related": _key(source.authors, source.date)})


def _entry(key: str, fields: dict[str, str]) -> list[str]:
    """A BibTeX entry, line by line."""
    return [f"@misc{{{key},", *(f"  {name} = {{{value}}}," for name, value in fields.items()), "}"]


def _key(authors: str, date: str) -> str:
    """Family name of the first author and the year, in ASCII: ``bastos2024``."""
    family = _AND.split(authors)[0].rpartition(" ")[2]
    ascii_only = unicodedata.normalize("NFKD", family).encode("ascii", "ignore").decode()
    return f"{ascii_only.lower()}{date[:4]}"


def _verbatim(text: str) -> str:
    """Text in braces, so that BibTeX leaves its capitals; an empty group keeps two braces and a "<" from being a shortcode."""
    return f"{{{'{}' if text.startswith('<') else ''}{_plain(text)}}}"


def _plain(text: str) -> str:
    """Text as TeX prints it literally."""
    return _SPECIAL.sub(lambda found: _COMMANDS.get(found[0], f"\\{found[0]}"), str(text))
