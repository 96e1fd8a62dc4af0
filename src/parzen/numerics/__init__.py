"""Numerical ground: no trials, no spaces."""
