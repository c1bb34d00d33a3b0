"""Rules on the paper and its program: they hold its own numbers against each other, and its words against its program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report.checks.finding import Finding
from report.evidence.measure import metric
from report.studies.fashion_benchmark.rows import rows
from report.studies.fashion_benchmark.tables.data_version import EXPERIMENT, VARIANT

if TYPE_CHECKING:
    from collections.abc import Callable

    from report.evidence.published import Printed
    from report.evidence.subject import Subject

_LABELS = ("train_labels_size_bytes", "test_labels_size_bytes")


def repeats(subject: Subject) -> Finding:
    """The paper says that every row was repeated; its program may stop earlier, and the table does not tell where it did."""
    said, least = (subject.published.count(f"repeats_{name}") for name in ("said", "least"))
    values = {"said": subject.numbers.integer(said), "least": subject.numbers.integer(least)}
    return Finding("repeats", "clean" if least >= said else "slip", values, "likely")


def data_replaced(subject: Subject) -> Finding:
    """The label files of the paper have other sizes than those that were read here, where these are the official ones."""
    printed = [subject.published.number(f"table-1.{name}") for name in _LABELS]
    found = [metric(subject.evidence, EXPERIMENT, VARIANT, name) for name in _LABELS]
    official = not any(deviation.key == "dataset.source" for deviation in subject.deviations)
    if not official or any(one.summary is None for one in found):
        return Finding("data_replaced", "unknown")
    today = [one.summary.mean for one in found if one.summary is not None]
    shown = {
        "published": ", ".join(subject.numbers.integer(number.value) for number in printed),
        "today": ", ".join(subject.numbers.integer(number) for number in today),
    }
    same = [number.value for number in printed] == today
    return Finding("data_replaced", "clean" if same else "slip", shown)


def chosen_on_test(subject: Subject) -> Finding:
    """No image is set aside for validation, so that the best of many rows is the best on the test images themselves."""
    train = subject.published.count("train_images")
    values = {"rows": subject.numbers.integer(len(rows(subject))), "images": subject.numbers.integer(train)}
    return Finding("chosen_on_test", "slip", values)


def harder_than_mnist(subject: Subject) -> Finding:
    """Whether Fashion-MNIST is the harder task in every printed row, as the text says of the table."""
    mnist = subject.published.group("table-3.mnist")
    other = [row for row in rows(subject) if row.published.value > mnist[row.key].value]
    values = {
        "count": subject.numbers.integer(len(other)),
        "rows": subject.numbers.integer(len(mnist)),
        "listed": "; ".join(f"{row.key} ({_both(subject, row.published, mnist[row.key])})" for row in other),
    }
    return Finding("harder_than_mnist", "slip" if other else "clean", values)


RULES: tuple[Callable[[Subject], Finding], ...] = (data_replaced, repeats, chosen_on_test, harder_than_mnist)


def _both(subject: Subject, *printed: Printed) -> str:
    return subject.numbers.listed(subject.numbers.fixed(one.value, 3) for one in printed)
