"""Two moons and x sin x, as pictures."""
