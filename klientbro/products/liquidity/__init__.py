"""Likviditet: each client's bank to come, every figure with its reason and the postings behind."""
