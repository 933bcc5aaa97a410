"""Every posterior, with and without the sampling softmax, on FER+."""
