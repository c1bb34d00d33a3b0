"""What the sections of this study say beyond its tables and figures, as finished text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report.evidence.measure import metric
from report.inference.verdicts import VERDICTS, judge_all
from report.studies.fashion_benchmark.rows import rows, was_planned
from report.studies.fashion_benchmark.tables.data_version import EXPERIMENT, VARIANT
from report.studies.fashion_benchmark.tables.verdicts import ROW_CLAIM

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from report.evidence.subject import Subject
    from report.inference.verdicts import Judged

_ORDER_CLAIM = "order."


def facts(subject: Subject) -> Mapping[str, Mapping[str, object]]:
    """What ``templates/studies/fashion_benchmark`` prints, by section."""
    s, numbers, source = subject.strings, subject.numbers, subject.published.source
    everything = rows(subject)
    run = sum(was_planned(subject, row) for row in everything)
    sizes = {"rows": len(everything), "run": run, "left": len(everything) - run}
    counts = {name: numbers.integer(size) for name, size in sizes.items()}
    judged = judge_all(subject)
    on_rows = _counted(subject, (one for one in judged if one.claim.id.startswith(ROW_CLAIM)))
    on_orders = _counted(subject, (one for one in judged if one.claim.id.startswith(_ORDER_CLAIM)))
    return {
        "study": {
            "what": s("summary.what", authors=s.place(source.authors), date=s.day(source.date), **counts),
            "images": _images(subject),
            "remark": s("summary.remark"),
            "left_out": s("summary.left_out", **counts) if run < len(everything) else "",
            "findings": (s("summary.data"), s("summary.rows", **on_rows), s("summary.orders", **on_orders)),
        },
        "rows": {**counts, **on_rows},
        "orders": {**on_orders, "lines": tuple(_line(subject, one) for one in judged if one.claim.id.startswith(_ORDER_CLAIM))},
    }


def _images(subject: Subject) -> str:
    """How many images, and whether they are the official files."""
    s = subject.strings
    counts = {name: metric(subject.evidence, EXPERIMENT, VARIANT, f"{name}_images").summary for name in ("train", "test")}
    if any(found is None for found in counts.values()):
        return s("summary.no_images")
    sample = any(deviation.key == "dataset.source" for deviation in subject.deviations)
    shown = {name: subject.numbers.integer(found.mean) for name, found in counts.items() if found is not None}
    return s("summary.sample" if sample else "summary.full", **shown)


def _counted(subject: Subject, judged: Iterable[Judged]) -> dict[str, str]:
    found = [one.verdict for one in judged]
    counts = {str(verdict): subject.numbers.integer(found.count(verdict)) for verdict in VERDICTS}
    return {"total": subject.numbers.integer(len(found)), **counts}


def _line(subject: Subject, judged: Judged) -> str:
    word = subject.strings(f"claim_verdicts.{judged.verdict}")
    return subject.strings("orders.line", word=word, words=judged.claim.words(subject.strings.language))
