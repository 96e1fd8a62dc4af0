"""The command ``parzen``."""
