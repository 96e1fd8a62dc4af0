"""``python -m parzen`` is the command ``parzen``."""

from __future__ import annotations

from parzen.cli.main import main

if __name__ == "__main__":
    main()
