"""Every text the domain marks for translation has its Norwegian."""

from __future__ import annotations

import re
from pathlib import Path

import polib
import pytest

DOMAIN = Path(__file__).parents[1]
MARKED = re.compile(r"gettext_noop\(\s*\"([^\"]+)\"\s*\)")


@pytest.fixture
def marked():
    return {text for path in DOMAIN.glob("*.py") for text in MARKED.findall(path.read_text())}


def test_every_marked_text_has_its_norwegian(marked):
    catalogue = polib.pofile(str(DOMAIN / "locale" / "nb" / "LC_MESSAGES" / "django.po"))

    assert marked == {entry.msgid for entry in catalogue if entry.translated()}
