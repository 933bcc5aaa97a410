"""Error, time and memory of each way to the expected softmax."""
