"""What the sections that every study shares say: facts as finished text, and the source that they are printed into."""
