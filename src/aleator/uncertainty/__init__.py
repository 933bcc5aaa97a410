"""Pure mathematics on tensors; imports nothing of the project.

- `gaussian_logits`: the expected softmax of Gaussian logits, its likelihood, its gradient.
- `decomposition`: total, aleatoric and epistemic uncertainty from draws.
- `gaussian_regression`: the two-head Gaussian for regression.
- `metrics`, `calibration`: how good predictions and uncertainties are, and how to mend them.
"""
