"""Firms and their users, which firm the code is working for, and the firm's data key."""
