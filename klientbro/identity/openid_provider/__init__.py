"""Klientbro as the OpenID provider of a firm's other tools: every firm is an issuer of its own."""
