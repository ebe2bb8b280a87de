"""Clients, integrations and connections: who the books belong to and how they are reached."""
