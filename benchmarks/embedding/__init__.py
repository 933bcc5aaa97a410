"""How quick features are made of pictures and photographs, beside the bare network."""
