"""Tests of the PowerOffice Go simulator, over HTTP against the real process."""
