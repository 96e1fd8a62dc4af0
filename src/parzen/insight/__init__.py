"""Answers from a history: where it fails, what mattered. Pure."""
