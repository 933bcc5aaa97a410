"""One family of pretrained networks a file; each has one function that opens a network by its name."""
