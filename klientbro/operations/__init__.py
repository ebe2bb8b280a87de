"""How the installation stands: alerts to people, health, metrics, and the table of causes."""
