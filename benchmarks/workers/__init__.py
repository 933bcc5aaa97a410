"""Audits on a Ray cluster beside audits without."""
