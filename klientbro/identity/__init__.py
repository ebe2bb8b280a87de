"""One sign-in for many firms: members and invitations, second factors, sessions, letters."""
