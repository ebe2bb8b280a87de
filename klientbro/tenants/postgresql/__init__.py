"""Django's PostgreSQL backend, with the firm set in every transaction."""
