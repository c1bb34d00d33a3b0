"""One function a table; each gives its rows as data, and ``report.printing.markdown`` writes them."""
