"""The studies, each a package: what its tables, figures and sentences take from the records."""
