"""The measured claims, a folder each: `python -m benchmarks CLAIM` prints a claim's table, from a checkout."""
