"""``report verify``: derives a finished report again from the records, and names all that it prints and they do not give."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

from report.build import Options, build
from store.canonical import digest_bytes
from store.errors import UsageError
from store.runs import run_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import JsonValue

    from report.build import Format

_HIDDEN = {"script", "style", "title"}
_HEADINGS = {"h1", "h2", "h3", "h4"}
_EMBEDDED = 64  # characters of an attribute beyond which its digest stands for it
_FORMATS: dict[str, Format] = {".html": "html", ".pdf": "pdf"}
_SHOWN = 12  # words of a difference that are shown


@dataclass(frozen=True, slots=True)
class Token:
    """A printed word, a figure, or the record that a value names; with the heading that it stands under."""

    text: str
    section: str
    record: str = ""


def verify_facts(file: Path, artifacts: Path, options: Options) -> dict[str, JsonValue]:
    """Build the report anew in a folder of its own and compare ``file`` with it, word by word.

    Without a run, it is the one whose folder ``file`` lies in, else the latest. A PDF is compared byte for byte: equal
    records give equal bytes. Raises UsageError for a file that is no report, IntegrityError for a damaged record.
    """
    form = _FORMATS.get(file.suffix)
    if form is None or not file.is_file():
        raise UsageError("no such report", where=str(file), cure="name a report.html or report.pdf that report build wrote")
    folder = file.resolve().parent.name
    run_id = options.run_id or (folder if run_path(artifacts, folder).is_file() else None)
    with tempfile.TemporaryDirectory() as workplace:
        wanted = replace(options, run_id=run_id, formats=(form,), output=Path(workplace), force=True)
        built = build(artifacts, wanted)
        printed, derived = file.read_bytes(), built.outputs[0].read_bytes()
    same = printed == derived
    problems: list[dict[str, JsonValue]] = []
    if form == "html":
        problems = differences(derived, printed)
    elif not same:
        problems = [{"kind": "bytes", "section": "", "record": "", "printed": "", "derived": ""}]
    return {
        "file": str(file),
        "run_id": built.run_id,
        "sound": not problems,
        "same_bytes": same,
        "tokens": len(_tokens(printed)) if form == "html" else 0,
        "problems": list(problems),
    }


def verify_text(facts: Mapping[str, JsonValue]) -> str:
    """The same as lines for people."""
    problems = facts["problems"]
    rows = [row for row in problems if isinstance(row, dict)] if isinstance(problems, list) else []
    lines = []
    for row in rows:
        if row["kind"] == "bytes":
            lines.append("problem: not what the records give, byte for byte; verify the report.html for what differs")
            continue
        lines.append(f"problem: {row['kind']} under {row['section'] or 'the title'}")
        lines += [f"  printed: {row['printed'] or 'nothing'}", f"  records: {row['derived'] or 'nothing'}"]
        lines += [f"  record:  {row['record']}"] if row["record"] else []
    looked = f"{facts['tokens']} words and figures" if facts["tokens"] else "every byte"
    verdict = f"{len(rows)} problem{'s' * (len(rows) != 1)}" if rows else "sound"
    markup = "" if rows or facts["same_bytes"] else "; its markup is another, its content is not"
    return "\n".join([*lines, f"{verdict}: {facts['file']} against run {facts['run_id']}: {looked}{markup}"])


def differences(derived: bytes, printed: bytes) -> list[dict[str, JsonValue]]:
    """What the page ``printed`` shows and the page ``derived`` does not, and the other way round; markup does not count.

    Each has its kind, the heading that it stands under, the record that it names, and the words of both sides.
    """
    sides = _tokens(derived), _tokens(printed)
    keys = [[(token.text, token.record) for token in side] for side in sides]
    found: list[dict[str, JsonValue]] = []
    for tag, low, high, start, end in SequenceMatcher(None, keys[0], keys[1], autojunk=False).get_opcodes():
        if tag != "equal":
            found.append(_difference(sides[0][low:high], sides[1][start:end]))
    return found


def _difference(derived: Sequence[Token], printed: Sequence[Token]) -> dict[str, JsonValue]:
    there, here = (" ".join(token.text for token in side[:_SHOWN]) for side in (derived, printed))
    tokens = (*printed, *derived)
    number = any(re.search(r"\d", token.text) for token in tokens)
    kind = "another record" if here == there else "another number" if number else "another text"
    record = next((token.record for token in tokens if token.record), "")
    return {"kind": kind, "section": tokens[0].section, "record": record, "printed": here, "derived": there}


def _tokens(content: bytes) -> list[Token]:
    reader = _Reader()
    reader.feed(content.decode("utf-8", errors="replace"))
    reader.close()
    return reader.tokens


class _Reader(HTMLParser):
    """Collects what a reader of the page is shown: words, alternative texts, and figures by the digest of their bytes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tokens: list[Token] = []
        self._open: list[tuple[str, str]] = []
        self._hidden = 0
        self._heading: list[str] | None = None
        self._section = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element; its texts and its embedded bytes are content, too."""
        found = {name: value or "" for name, value in attrs}
        self._hidden += tag in _HIDDEN
        if tag in _HEADINGS:
            self._heading = []
        record = found.get("data-record") or found.get("record") or (self._open[-1][1] if self._open else "")
        if tag not in _VOID:
            self._open.append((tag, record))
        for name in ("alt", "aria-label", "src", "data-source", "d", "href", "xlink:href"):
            value = found.get(name, "")
            if value:
                text = digest_bytes(value.encode()) if len(value) > _EMBEDDED and name != "alt" else value
                self.tokens += [Token(word, self._section, record) for word in text.split()]

    def handle_endtag(self, tag: str) -> None:
        """Close an element, and what was left open inside it."""
        if tag not in {name for name, _ in self._open}:
            return
        while self._open:
            name, _ = self._open.pop()
            self._hidden -= name in _HIDDEN
            if name in _HEADINGS and self._heading is not None:
                self._section, self._heading = " ".join(self._heading), None
            if name == tag:
                return

    def handle_data(self, data: str) -> None:
        """Take the words that are shown."""
        if self._hidden:
            return
        record = self._open[-1][1] if self._open else ""
        if self._heading is not None:
            self._heading += data.split()
        self.tokens += [Token(word, self._section, record) for word in data.split()]


_VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
