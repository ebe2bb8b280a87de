"""Klientbro: copies every client's ledger, keeps it current, and proves the copy equals the source."""
