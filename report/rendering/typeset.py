"""Sets a Typst document as a tagged PDF: PDF/UA-1 and PDF/A-2a, embedded fonts, a fixed date."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typst

from report.rendering.failures import typst_failure
from report.rendering.tagging import with_row_headers

if TYPE_CHECKING:
    from report.rendering.job import Job

PDF_STANDARDS: list[typst.PDFStandard] = ["ua-1", "a-2a"]


def pdf_bytes(job: Job, document: bytes) -> bytes:
    """The PDF of a Typst document whose images lie in the job's build folder.

    Only the fonts inside the typst wheel are used, so that the bytes do not depend on the machine.

    Raises:
        StudyError: Typst failed or warned, for example because an image has no alt text, or made other tables than there are.
    """
    compiler = typst.Compiler(
        document,
        root=str(job.source.parent),
        ignore_system_fonts=True,
        sys_inputs={"watermark": job.watermark},
    )
    try:
        pdf, warnings = compiler.compile_with_warnings(format="pdf", pdf_standards=PDF_STANDARDS, timestamp=job.timestamp)
    except typst.TypstError as error:
        raise typst_failure(job.source, "\n".join([error.diagnostic or error.message, *error.hints])) from error
    if warnings or not isinstance(pdf, bytes):
        raise typst_failure(job.source, "\n".join(warning.diagnostic or warning.message for warning in warnings))
    return with_row_headers(pdf, document, job.source)
