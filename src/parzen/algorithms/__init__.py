"""How the next point is chosen. Pure: a suggestion is a function of history, seed and number."""
