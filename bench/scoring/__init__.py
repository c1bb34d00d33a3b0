"""Scores detections against ground truth with numpy alone, from arrays or from the files of records."""
