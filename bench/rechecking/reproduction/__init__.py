"""Re-runs tasks of a stored run in a clean store, compares them record by record and certifies what came out."""
