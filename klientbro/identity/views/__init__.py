"""The views of identity: members, invitations, the chosen firm, sessions, and links."""
