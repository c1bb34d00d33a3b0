"""What is done to a stored run: recompute its numbers (verification), run it again and compare (reproduction)."""
