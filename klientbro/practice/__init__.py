"""What the products share; here the client's ledger pages, in `books`."""
