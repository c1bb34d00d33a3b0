"""What a text says of a figure depends on whether the report shows it."""

from __future__ import annotations

import pytest

from report.printing.references import resolved

SHOWN = "![One](a.svg){#fig-a-one}\n\n![Two](b.svg){#fig-a-two}\n\n: Numbers {#tbl-x}\n\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{?fig-a-one|see @fig-a-one|see nothing}", "see @fig-a-one"),
        ("{?fig-b|see @fig-b|see nothing}", "see nothing"),
        ("{?fig-b|see @fig-b}.", "."),
        ("{?fig-b tbl-x|shown}", "shown"),
        ("{?fig-a*|{&fig-a-*} show}", "@fig-a-one and @fig-a-two show"),
        ("{?fig-b*|{&fig-b*} show|nothing}", "nothing"),
        ("{&tbl-x fig-a-two fig-a-one}", "@fig-a-one, @fig-a-two and @tbl-x"),
        (r"\{?fig-b|user's own\} text", r"\{?fig-b|user's own\} text"),
    ],
)
def test_words_follow_what_is_there(text: str, expected: str) -> None:
    """Conditions, alternatives, lists in the order of the report, and text that only looks like them."""
    assert resolved(SHOWN + text, "and").removeprefix(SHOWN) == expected


@pytest.mark.parametrize("text", ["{?fig-a-one|a [span]{.value}}", "{&fig-b}", "{?fig-a-one}"])
def test_what_is_written_wrongly_stops_the_build(text: str) -> None:
    """A place that could not be decided would be printed with its braces."""
    with pytest.raises(ValueError, match="depends on what is shown"):
        resolved(SHOWN + text, "and")
