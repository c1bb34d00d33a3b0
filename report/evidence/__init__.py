"""What a report rests on: the records of a run, the published values, and the published protocol."""
