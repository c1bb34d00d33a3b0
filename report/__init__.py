"""Reads records, compares them with the published values and renders the report; never computes an experiment."""
