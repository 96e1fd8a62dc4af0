"""What happened: events, their fold, and views of it."""
