"""Where objectives run."""
