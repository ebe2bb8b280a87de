"""On which report line an account stands: the firm's and each client's own rules."""
