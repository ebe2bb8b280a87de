"""What people type, as one clean line."""

from __future__ import annotations


def one_line(text: str) -> str:
    """Without what cannot be printed, line breaks and tabs included, and with single blanks."""
    return " ".join("".join(char for char in text if char.isprintable()).split())
