"""The studies, each a package: its configuration, its experiments, and what of its records can be recomputed."""
