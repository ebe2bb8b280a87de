"""Assignments and tasks: what is to be done for a client, by when, and how far it has come."""
