"""Runs a connector and writes the ledger: jobs, pace, cursors, run history."""
