"""The views of the ledger pages: thin, one page or one action each."""
