"""A stand-in for PowerOffice Go: its web API, its sign-in and pages, and a dial for faults."""
