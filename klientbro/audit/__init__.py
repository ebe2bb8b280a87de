"""Who did what, when, from where and on which client: kept for ever, in a chain of hashes."""
