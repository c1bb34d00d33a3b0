"""What runs any study: tasks, plan, workers, records committed, progress, status. Knows no study, no data set and no model."""
