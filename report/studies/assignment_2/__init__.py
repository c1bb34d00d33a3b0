"""The student report of 2024, as its sections have it."""
