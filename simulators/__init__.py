"""Stand-in servers for the accounting systems that Klientbro reads; they import nothing of it."""
