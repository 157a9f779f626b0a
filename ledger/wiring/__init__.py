"""Parts of the composition root, one per concern: settings and tables to wired objects."""
