"""Our stored copy of the books: schema, landing, proof, and the queries products read."""
