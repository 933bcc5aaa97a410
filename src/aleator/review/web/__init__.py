"""What speaks HTTP: the pages for people, the JSON for their script, and what stands before both."""
