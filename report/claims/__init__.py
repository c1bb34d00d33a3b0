"""The published claims of a study's ``claims.toml``: read, measured in a run, and judged."""
