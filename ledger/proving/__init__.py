"""What makes the log provable to a stranger: keeping its tree, sealing it, making bundles of it."""
