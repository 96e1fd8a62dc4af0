"""``hyperopt.early_stop``."""

from parzen.early_stop import no_progress_loss

__all__ = ["no_progress_loss"]
