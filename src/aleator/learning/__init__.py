"""Training: one loop, objectives that return one number per example, and tasks that run independently."""
