"""Pure functions on counts, standard library only: every number behind a verdict."""
