"""Trials as tables: columns of their own, and as frames of pandas, polars and Arrow."""
