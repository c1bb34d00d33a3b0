"""The published claims of ``data/claims.toml``: read, measured in a run, and judged."""
