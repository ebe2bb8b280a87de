"""Settings: `environment` reads and checks KLIENTBRO_ variables, `django` makes Django's."""
