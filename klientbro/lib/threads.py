"""How often the threads of a process take turns."""

from __future__ import annotations

import sys

# Python lets a thread go on for 5 ms. A thread that merges a page asks the database some twenty
# short questions, and would wait that long after each of them for the one that decodes.
SECONDS_OF_A_TURN = 0.0005


def take_turns_often() -> None:
    """For a process in which one thread computes while others wait for short answers."""
    sys.setswitchinterval(SECONDS_OF_A_TURN)
