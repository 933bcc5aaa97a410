"""Networks: backbones that turn examples into embeddings, and the head that predicts Gaussian logits.

The package itself loads no torch: names are imported from the modules that define them.
"""
