"""The tables of this study, a function each."""
