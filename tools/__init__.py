"""Programs that make the documentation's site and its notebooks."""
