"""Spaces: what is searched. No trials, no algorithms, no randomness of its own."""
