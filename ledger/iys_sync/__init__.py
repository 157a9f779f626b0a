"""The ledger and İYS: what is told, what is heard, and whether both agree (design.md §10)."""
