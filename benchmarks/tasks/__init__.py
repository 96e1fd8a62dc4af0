"""Real tuning tasks: computed once by training models, served as surrogates. See README.md."""
