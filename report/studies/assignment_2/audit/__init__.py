"""Executable rules on how a study was done: on this run, from its records, and on the published report, from its numbers."""
