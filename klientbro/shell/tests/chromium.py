"""The real browser of the tests: Debian's Chromium, started as they need it."""

from __future__ import annotations

import os
import shutil

from playwright.sync_api import Browser, Playwright

from scripts.setup import CHROMIUM_NAMES

FLAGS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--no-proxy-server",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--js-flags=--single-threaded",  # pages live too briefly to be compiled twice beside their work
]


def launch_chromium(playwright: Playwright) -> Browser:
    """The one KLIENTBRO_CHROMIUM tells, or the one there is. FileNotFoundError without any."""
    told = os.environ.get("KLIENTBRO_CHROMIUM")
    path = told or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if path is None:
        raise FileNotFoundError("Chromium is missing: `make browser` installs it, or says how.")
    return playwright.chromium.launch(executable_path=path, args=FLAGS)
