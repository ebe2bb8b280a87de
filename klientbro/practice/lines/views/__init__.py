"""The pages of report lines, for the firm's defaults and for a client."""
