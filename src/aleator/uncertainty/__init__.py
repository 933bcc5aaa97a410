"""Pure mathematics on tensors; imports nothing of the project."""
