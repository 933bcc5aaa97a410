"""Claim: the verdict is right anywhere, not only on the data set that it was made on."""
