"""The products: each reads the ledger and its seals, and none knows an accounting system."""
