"""Oversikt: all clients of the firm, worst first, with their deadlines, tasks and figures."""
