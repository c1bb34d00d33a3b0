"""What this study's records say once more than their files do: each number recomputed."""
