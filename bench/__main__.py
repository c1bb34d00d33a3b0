"""``python -m bench``: see ``bench/cli.py``."""

from __future__ import annotations

import gc
import sys

from bench.cli import main

# Records are kept by the thousand: looking for cycles among them took a quarter of a plan.
COLLECTING = (100_000, 20, 100)

if __name__ == "__main__":  # worker processes import this module again
    gc.set_threshold(*COLLECTING)
    sys.exit(main())
