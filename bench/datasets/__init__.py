"""Data sets: where they lie, how they are fetched and checked, and how their files are read. Knows no study."""
