"""Which running trials are not worth finishing. Pure: a function of the history and the trial's reports."""
