"""Recomputes what stored predictions, tables and weights give, and compares it with what the records say."""
