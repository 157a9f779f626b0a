"""The officer's pages under `/ofis`: read-only, in Turkish, made by the service, no scripts."""
