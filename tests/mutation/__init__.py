"""Mutation testing: ``python -m tests.mutation PATH`` changes the code at one place at a time and sees whether a test fails."""
