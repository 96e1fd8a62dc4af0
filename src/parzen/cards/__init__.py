"""Studies, trials and spaces as static HTML for notebooks: no script, nothing loaded from elsewhere."""
