"""What a reader can explore in the page of this study: the data of each view, by the figure that it belongs to."""

from report.studies.assignment_2.views.catalogue import VIEWS

__all__ = ["VIEWS"]
