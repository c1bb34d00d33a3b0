"""Checks of a report: does it say what the records give, how do two runs differ, which slips does a study have."""
