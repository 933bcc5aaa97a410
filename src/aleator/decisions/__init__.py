"""Decisions: what people say of examples, the log that keeps it, and the one rule that settles several answers.

Everybody who needs to know what people decided asks here: the review page, the judge, the training, every export.
"""
