"""Distributions: one file per family, three geometries."""
