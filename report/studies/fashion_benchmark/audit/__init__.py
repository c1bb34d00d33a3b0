"""Rules of the protocol audit: on the paper and its program, and on a run."""
