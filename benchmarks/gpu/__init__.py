"""What a GPU makes of an audit: one script of at most eight minutes."""
