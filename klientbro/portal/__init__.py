"""The integration pages: which accounting systems, which clients, and how each one stands."""
