"""``hyperopt.progress``: what `show_progressbar` takes.

Each is called with `initial` and `total` and gives a context manager; its
value has ``update(n)`` and a settable ``postfix``.
"""

from parzen.run.progress import bar as tqdm_progress_callback
from parzen.run.progress import silent as no_progress_callback

default_callback = tqdm_progress_callback

__all__ = ["default_callback", "no_progress_callback", "tqdm_progress_callback"]
