"""The classifier for scikit-learn beside cleanlab's."""
