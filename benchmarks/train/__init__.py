"""How right models are that were trained on wrong labels, beside bounds and what others do."""
