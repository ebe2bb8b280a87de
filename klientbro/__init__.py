"""Klientbro: copies every client's ledger, keeps it current, proves it equal to the source."""
