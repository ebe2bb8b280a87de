"""The mutation drill: each wall and check is taken away in turn, and a narrow test must notice."""
