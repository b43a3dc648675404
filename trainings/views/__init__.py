"""Pages about trainings: the catalogue, and buying from it."""
