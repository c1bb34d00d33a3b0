"""Two runs side by side: what they were made with, what differs in their results, and whether seeds alone explain it."""
