"""The measured claims: one track a file, each prints its table from one command."""
