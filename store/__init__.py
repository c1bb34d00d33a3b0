"""The contract between bench and report: what a record is, how it is written once, read back and checked."""
