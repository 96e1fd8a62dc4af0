"""The machinery: who writes events, keeps slots full and calls the objective."""
