"""The models of Part I, in the order in which tables and figures show them."""

from __future__ import annotations

MODELS = ("ae", "vae", "dae")
