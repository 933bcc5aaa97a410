"""The nearest examples of each example: exact, and among many approximate. `search.py` is the door."""
