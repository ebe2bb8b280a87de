"""Rapport: what a client receives: statements, key figures, budget, and packs that stay as sent."""
