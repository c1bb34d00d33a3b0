"""The networks of Tables 1 and 2, their losses, and the evaluation of what they reconstruct and encode."""
