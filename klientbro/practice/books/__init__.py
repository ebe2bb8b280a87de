"""A client's ledger as pages: trial balance, postings, vouchers, seals, exports."""
