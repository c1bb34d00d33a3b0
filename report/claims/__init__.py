"""The published claims of ``data/studies/assignment_2/claims.toml``: read, measured in a run, and judged."""
