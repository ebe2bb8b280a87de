"""Avstemming: every balance-sheet account against what documents it, signed off by two people."""
