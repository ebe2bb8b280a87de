"""Signing in at the firm's own OpenID provider: Entra ID, Google Workspace and others."""
