"""The figures of this study, a function each."""
