"""``python -m simulators.poweroffice_go``: runs the simulator in the foreground."""

from __future__ import annotations

import sys

from .options import read_options
from .server import run

if __name__ == "__main__":
    sys.exit(run(read_options()))
