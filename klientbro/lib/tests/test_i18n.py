"""Marked texts stay as they are."""

from __future__ import annotations

from klientbro.lib.i18n import gettext_noop


def test_marking_changes_nothing():
    assert gettext_noop("Assets") == "Assets"
