"""Statistics over seeds and images, and the one judge: every verdict of the report is given here."""
